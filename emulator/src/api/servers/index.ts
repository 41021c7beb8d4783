import { z } from "zod";
import { hasMachine } from "../../model/world";
import { actionRoutesOf } from "../actions";
import { hostName, labels } from "../fields";
import { list } from "../list";
import { get, ok, put, type Route } from "../route";
import { serverActionRoutes } from "./actions";
import { consoleRoute } from "./console";
import { createRoute } from "./create";
import { createImageRoute } from "./images";
import { changePtrRoute } from "./reverseNames";
import { metricsRoute } from "./metrics";
import { serverNetworkRoutes } from "./networks";
import { powerRoutes } from "./power";
import { presentServer, requireServer } from "./present";
import { removeRoute } from "./remove";

export const serverRoutes: Route[] = [
  get("/servers", (call) =>
    list(call, {
      key: "servers",
      items: call.project.servers.list(),
      present: (server) => presentServer(call.world, call.project, server),
      filters: { name: (server) => server.name, status: (server) => server.status },
      sort: { id: (server) => server.id, name: (server) => server.name, created: (server) => server.created },
      labels: (server) => server.labels,
    }),
  ),
  get("/servers/:id", ({ world, project, id }) => ok({ server: presentServer(world, project, requireServer(project, id)) })),
  createRoute,
  put("/servers/:id", z.object({ name: hostName.optional(), labels: labels.optional() }), async ({ world, project, id, body }) => {
    const server = requireServer(project, id);
    if (body.name !== undefined && body.name !== server.name) {
      project.servers.requireFreeName(body.name, server);
      server.name = body.name;
      if (hasMachine(world, id)) await world.host.rename(id, body.name);
    }
    if (body.labels) server.labels = body.labels;
    return ok({ server: presentServer(world, project, server) });
  }),
  removeRoute,
  ...powerRoutes,
  ...serverActionRoutes,
  ...serverNetworkRoutes,
  createImageRoute,
  changePtrRoute,
  consoleRoute,
  metricsRoute,
  ...actionRoutesOf("/servers", "server", requireServer),
];
