// Data centers, for those who ask for the API of a day on which there were some.
import { type Datacenter, datacenters, findDatacenter } from "../catalogue/datacenters";
import { locationNamed } from "../catalogue/locations";
import { serverTypes } from "../catalogue/serverTypes";
import { ApiError, invalidField, notFound } from "../model/errors";
import type { World } from "../model/world";
import { isOrderable, presentLocation } from "./catalogue";
import { requireLocation } from "./fields";
import { list } from "./list";
import { type Call, get, ok, type Route } from "./route";

/** What the API recommends to those who do not care. */
const RECOMMENDED = "fsn1-dc14";

function presentDatacenter(world: World, datacenter: Datacenter): object {
  const offered = serverTypes.filter(({ locations }) => locations.some(({ name }) => name === datacenter.location));
  const available = offered.filter((type) => isOrderable(world, type, datacenter.location)).map(({ id }) => id);
  return {
    id: datacenter.id,
    name: datacenter.name,
    description: datacenter.description,
    location: presentLocation(locationNamed(datacenter.location)),
    server_types: { supported: offered.map(({ id }) => id), available, available_for_migration: available },
  };
}

/** `{ datacenter }` of a resource in a location, while resources had one; nothing afterwards. */
export function datacenterOf(world: World, location: string): { datacenter?: object } {
  if (world.history.has("noDatacenterOfResources")) return {};
  const datacenter = datacenters.find((each) => each.location === location);
  return datacenter ? { datacenter: presentDatacenter(world, datacenter) } : {};
}

/**
 * The location that was asked for, or that of the data center that was.
 *
 * @throws ApiError `invalid_input`
 */
export function whereTo(world: World, asked: { location?: number | string; datacenter?: number | string }): string | undefined {
  if (asked.datacenter === undefined) return asked.location === undefined ? undefined : requireLocation(asked.location).name;
  if (world.history.has("noDatacenterOfResources")) throw invalidField("datacenter", "was removed on 2026-07-01; use location");
  if (asked.location !== undefined) throw invalidField("datacenter", "cannot be given together with a location");
  const found = findDatacenter(asked.datacenter);
  if (!found) throw invalidField("datacenter", `datacenter '${asked.datacenter}' does not exist`);
  return found.location;
}

function requireEndpoint({ world }: Call<unknown>): void {
  if (!world.history.has("noDatacenters")) return;
  const words = "datacenters were removed on 2026-10-01; use locations and server_types[].locations";
  throw new ApiError(410, "deprecated_api_endpoint", words, {
    announcement: "https://docs.hetzner.cloud/changelog#2026-06-02-datacenters-deprecated",
  });
}

export const datacenterRoutes: Route[] = [
  get("/datacenters", (call) => {
    requireEndpoint(call);
    const answer = list(call, {
      key: "datacenters",
      items: [...datacenters],
      present: (each) => presentDatacenter(call.world, each),
      filters: { name: ({ name }) => name },
      sort: { id: ({ id }) => id, name: ({ name }) => name },
    });
    return { ...answer, body: { ...answer.body, recommendation: findDatacenter(RECOMMENDED)?.id } };
  }),
  get("/datacenters/:id", (call) => {
    requireEndpoint(call);
    const found = findDatacenter(call.id);
    if (!found) throw notFound("datacenter", call.id);
    return ok({ datacenter: presentDatacenter(call.world, found) });
  }),
];
