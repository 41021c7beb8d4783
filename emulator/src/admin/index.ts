// What only an emulator has, by HTTP, so that a test in any language can order faults and look behind the scenes. Outside of `/v1`.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { routes } from "../api/server";
import { validate } from "../api/route";
import { locations } from "../catalogue/locations";
import { serverTypes } from "../catalogue/serverTypes";
import type { Host } from "../machines";
import { ApiError } from "../model/errors";
import { LIMITED } from "../model/limits";
import type { World } from "../model/world";
import { eventRoute } from "./events";
import { faultRoutes } from "./faults";
import { pictureOf } from "./picture";
import { RequestLog } from "./requests";
import { summarize } from "./summary";

export interface AdminOptions {
  world: World;
  loseServer: (id: number) => Promise<void>;
  /** Where there are any. */
  machines: Host | undefined;
}

const BASE = "/_emulator";
/** Of actions that people most often want to see fail; any other can be written. */
const COMMANDS = ["create_server", "start_server", "shutdown_server", "stop_server", "change_server_type", "delete_server"].concat(
  ["create_volume", "attach_volume", "detach_volume", "resize_volume"],
  ["assign_primary_ip", "assign_floating_ip", "attach_to_network", "apply_firewall", "create_image", "rebuild_server"],
);
const unserved = z.object({ machine: z.string(), from: z.coerce.number().default(0), to: z.coerce.number().optional() });

export function adminRoutes(app: FastifyInstance, { world, loseServer, machines }: AdminOptions): void {
  const { clock, journal } = world;
  const requests = new RequestLog(() => clock.now());
  requests.listen(app);

  app.get(BASE, () => ({
    now: clock.now(),
    entries: journal.entries.length,
    violations: journal.violations().length,
    ssh_config: machines?.sshConfig ?? null,
    operator_bin: machines?.operatorBin ?? null,
    cloud: summarize(world),
  }));
  app.get(`${BASE}/clock`, () => ({ now: clock.now(), time: world.timestamp() }));
  app.post(`${BASE}/clock/advance`, async ({ body }) => {
    await clock.advance(validate(z.object({ ms: z.number().min(0) }), body).ms);
    return { now: clock.now() };
  });
  app.get<{ Querystring: { since?: string } }>(`${BASE}/journal`, ({ query }) => ({
    entries: journal.entries.slice(Number(query.since ?? 0)),
  }));
  app.get(`${BASE}/unserved`, ({ query }) => {
    const { machine, from, to } = validate(unserved, query);
    if (!machines) throw new ApiError(404, "not_found", "this emulator runs no machines");
    return { unserved: machines.served.unserved(machine, from, to ?? clock.now()), served: machines.served.isServed(machine) };
  });

  app.get<{ Params: { n: string } }>(`${BASE}/requests/:n`, ({ params }) => {
    const details = requests.details(Number(params.n));
    if (!details) throw new ApiError(404, "not_found", `request ${params.n} is not kept any more`);
    return details;
  });
  eventRoute(app, `${BASE}/events`, {
    look: () => pictureOf(world),
    about: {
      machines: machines !== undefined,
      sshConfig: machines?.sshConfig ?? null,
      pace: clock.pace,
      routes: routes.map(({ method, path }) => `${method} ${path}`),
      serverTypes: serverTypes.map(({ name }) => name),
      locations: locations.map(({ name }) => name),
      limited: LIMITED,
      commands: COMMANDS,
    },
    requests,
  });

  faultRoutes(app, BASE, world);
  const onServer: Record<string, (id: number) => Promise<void>> = {
    lose: loseServer,
    crash: (id) => world.host.crash(id),
    "drop-ssh": (id) => world.host.dropSsh(id),
  };
  for (const [name, act] of Object.entries(onServer)) {
    app.post<{ Params: { id: string } }>(`${BASE}/servers/:id/${name}`, async ({ params }) => {
      const id = Number(params.id);
      if (!world.findServer(id)) throw new ApiError(404, "not_found", `there is no server ${params.id}`);
      await act(id);
      return { [name]: id };
    });
  }
}
