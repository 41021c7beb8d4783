// What Hetzner offers: locations, server types, installation media, and what they cost. Images have a file of their own.
import { findIso, type Iso, isos } from "../catalogue/isos";
import { loadBalancerTypes } from "../catalogue/loadBalancerTypes";
import { findLocation, locationNamed, type Location, locations } from "../catalogue/locations";
import {
  BACKUP_PERCENTAGE,
  FLOATING_IP_MONTH,
  hourly,
  IMAGE_GB_MONTH,
  monthly,
  PRIMARY_IPV4_MONTH,
  serverTypePrice,
  VAT_RATE,
  VOLUME_GB_MONTH,
} from "../catalogue/prices";
import { findServerType, type ServerType, serverTypes } from "../catalogue/serverTypes";
import { notFound } from "../model/errors";
import type { World } from "../model/world";
import { list } from "./list";
import { get, ok, type Route } from "./route";

export const presentLocation = (location: Location): object => ({ ...location });

export function presentServerType(world: World, type: ServerType): object {
  const first = type.locations[0]?.deprecation ?? null;
  // The type as a whole is deprecated when it is so everywhere; what counts is each location's own entry.
  const everywhere = type.locations.every(({ deprecation }) => deprecation !== null) ? first : null;
  return {
    id: type.id,
    name: type.name,
    description: type.description,
    category: type.category,
    cores: type.cores,
    memory: type.memory,
    disk: type.disk,
    deprecated: everywhere !== null,
    deprecation: everywhere,
    prices: type.locations.map(({ name }) => serverTypePrice(name, type.price)),
    storage_type: "local",
    cpu_type: type.cpuType,
    architecture: type.architecture,
    locations: type.locations.map(({ name, deprecation }) => ({
      id: locationNamed(name).id,
      name,
      deprecation,
      ...(world.history.has("stockByLocation") ? { recommended: deprecation === null, available: isOrderable(world, type, name) } : {}),
    })),
  };
}

/** Offered there, not ended, and in stock. */
export function isOrderable(world: World, type: ServerType, location: string): boolean {
  const offer = type.locations.find(({ name }) => name === location);
  return offer !== undefined && !hasEnded(world, offer.deprecation) && world.stock.has(type.name, location);
}

export function hasEnded(world: World, deprecation: { unavailable_after: string } | null): boolean {
  return deprecation !== null && Date.parse(deprecation.unavailable_after) <= world.epoch + world.clock.now();
}

/** Some media are for any architecture; those who ask for one get these only if they ask for them too. */
const isosFor = (architectures: string[], withAny: boolean): Iso[] =>
  isos.filter(({ architecture }) => architectures.length === 0 || (architecture === null ? withAny : architectures.includes(architecture)));

export const presentIso = (iso: Iso): object => ({ ...iso, deprecation: null });

const bothFamilies = ["ipv4", "ipv6"] as const;

const byIdAndName = { id: ({ id }: { id: number }) => id, name: ({ name }: { name: string }) => name };

export const catalogueRoutes: Route[] = [
  get("/locations", (call) =>
    list(call, {
      key: "locations",
      items: [...locations],
      present: presentLocation,
      filters: { name: ({ name }) => name },
      sort: byIdAndName,
    }),
  ),
  get("/locations/:id", (call) => {
    const found = findLocation(call.id);
    if (!found) throw notFound("location", call.id);
    return ok({ location: presentLocation(found) });
  }),
  get("/server_types", (call) =>
    list(call, {
      key: "server_types",
      items: [...serverTypes],
      present: (type) => presentServerType(call.world, type),
      filters: { name: ({ name }) => name },
    }),
  ),
  get("/server_types/:id", (call) => {
    const found = findServerType(call.id);
    if (!found) throw notFound("server_type", call.id);
    return ok({ server_type: presentServerType(call.world, found) });
  }),
  get("/isos", (call) =>
    list(call, {
      key: "isos",
      items: isosFor(call.query.all("architecture"), call.query.flag("include_architecture_wildcard")),
      present: presentIso,
      filters: { name: ({ name }) => name },
    }),
  ),
  get("/isos/:id", (call) => {
    const found = findIso(call.id);
    if (!found) throw notFound("iso", call.id);
    return ok({ iso: presentIso(found) });
  }),
  get("/pricing", () => ok({ pricing: pricing() })),
];

function pricing(): object {
  return {
    currency: "EUR",
    vat_rate: VAT_RATE,
    primary_ips: bothFamilies.map((type) => ({
      type,
      prices: locations.map(({ name }) => {
        const net = type === "ipv4" ? PRIMARY_IPV4_MONTH : 0;
        return { location: name, price_hourly: hourly(net), price_monthly: monthly(net) };
      }),
    })),
    floating_ip: { price_monthly: monthly(FLOATING_IP_MONTH.ipv4) },
    floating_ips: bothFamilies.map((type) => ({
      type,
      prices: locations.map(({ name }) => ({ location: name, price_monthly: monthly(FLOATING_IP_MONTH[type]) })),
    })),
    image: { price_per_gb_month: monthly(IMAGE_GB_MONTH) },
    volume: { price_per_gb_month: monthly(VOLUME_GB_MONTH) },
    server_backup: { percentage: BACKUP_PERCENTAGE },
    server_types: serverTypes.map((type) => ({
      id: type.id,
      name: type.name,
      prices: type.locations.map(({ name }) => serverTypePrice(name, type.price)),
    })),
    load_balancer_types: loadBalancerTypes.map(({ id, name, price }) => ({
      id,
      name,
      prices: locations.map((location) => serverTypePrice(location.name, price)),
    })),
  };
}
