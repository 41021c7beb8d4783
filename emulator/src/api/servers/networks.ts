// A server's cards in private networks.
import { z } from "zod";
import type { Step } from "../../model/actions";
import { ApiError } from "../../model/errors";
import { findPlace, type PlaceWanted, requireAliases } from "../../model/privateNets";
import type { Project } from "../../model/project";
import type { Network, PrivateNet, Server } from "../../model/records";
import type { World } from "../../model/world";
import { presentAction } from "../actions";
import { id } from "../fields";
import { requireNetwork } from "../networks";
import { type Answer, type Call, created, post, type Route } from "../route";
import { requireFree } from "./actions";

const aliasIps = z.array(z.string());

/** The address is chosen at once, so that two servers that come at the same time do not choose the same. */
export function joinStep(world: World, project: Project, server: Server, network: Network, wanted: PlaceWanted): Step {
  const place = findPlace(project, server, network, wanted);
  server.privateNet.push(place);
  return {
    ...step(world, "attach_to_network", server, network.id),
    effect: () => undefined,
    undo: () => {
      server.privateNet = server.privateNet.filter((net) => net !== place);
    },
  };
}

const attach = post(
  "/servers/:id/actions/attach_to_network",
  z.object({ network: id, ip: z.string().optional(), alias_ips: aliasIps.default([]), ip_range: z.string().optional() }),
  (call) => {
    const { world, project, body } = call;
    const server = requireFree(call);
    const network = requireNetwork(project, body.network);
    return start(call, joinStep(world, project, server, network, { ip: body.ip, aliasIps: body.alias_ips, ipRange: body.ip_range }));
  },
);

const detach = post("/servers/:id/actions/detach_from_network", z.object({ network: id }), (call) => {
  const server = requireFree(call);
  const net = requireMember(server, call.body.network);
  return start(call, {
    ...step(call.world, "detach_from_network", server, net.network),
    effect: () => {
      server.privateNet = server.privateNet.filter((other) => other !== net);
    },
  });
});

const changeAliases = post("/servers/:id/actions/change_alias_ips", z.object({ network: id, alias_ips: aliasIps }), (call) => {
  const server = requireFree(call);
  const net = requireMember(server, call.body.network);
  requireAliases(call.project, server, requireNetwork(call.project, net.network), call.body.alias_ips);
  return start(call, {
    ...step(call.world, "change_alias_ips", server, net.network),
    effect: () => {
      net.aliasIps = call.body.alias_ips;
    },
  });
});

export const serverNetworkRoutes: Route[] = [attach, detach, changeAliases];

function step(world: World, command: string, server: Server, network: number): Omit<Step, "effect"> {
  return {
    command,
    resources: [
      { type: "server", id: server.id },
      { type: "network", id: network },
    ],
    seconds: world.latencies.action,
    // Other servers may join at the same time.
    locks: ["server"],
  };
}

function start(call: Call<unknown>, step: Step): Answer {
  return created({ action: presentAction(call.world, call.world.actions.start(call.project, step)) });
}

function requireMember(server: Server, network: number): PrivateNet {
  const found = server.privateNet.find((net) => net.network === network);
  if (!found) throw new ApiError(404, "not_found", `server is not attached to network ${network}`);
  return found;
}
