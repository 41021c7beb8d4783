// Who is in a network. The endpoint came on 2026-09-15; before, clients had to look through all servers.
import { contains, parseIpv4 } from "../model/cidr";
import { ApiError, notFound } from "../model/errors";
import { balancersIn, membersOf, rangeOf } from "../model/privateNets";
import type { Network } from "../model/records";
import { list } from "./list";
import { type Call, get, type Route } from "./route";

interface Member {
  type: "server" | "load_balancer";
  id: number;
  ip: string;
  status: string;
  alias_ips: string[];
  /** Range of the subnet that the address is in. */
  subnet: string;
}

/** What a running action says of a member. */
const STATUS: Record<string, string> = {
  attach_to_network: "attaching",
  detach_from_network: "detaching",
  change_alias_ips: "updating",
};

export const membersRoute: Route = get("/networks/:id/members", (call) => {
  if (!call.world.history.has("networkMembers")) throw new ApiError(404, "not_found", "api route not found");
  const network = call.project.networks.get(call.id);
  if (!network) throw notFound("network", call.id);
  return list(call, {
    key: "members",
    items: membersIn(call, network),
    present: (member) => ({ ...member }),
    filters: { type: ({ type }) => type, subnet: ({ subnet }) => subnet, status: ({ status }) => status },
    sort: { id: ({ id }) => id, type: ({ type }) => type, status: ({ status }) => status, ip: ({ ip }) => parseIpv4(ip) ?? 0 },
  });
});

function membersIn({ project }: Call<unknown>, network: Network): Member[] {
  const subnetOf = (ip: string): string => {
    const number = parseIpv4(ip) ?? -1;
    return network.subnets.find(({ ipRange }) => contains(rangeOf(ipRange), { first: number, last: number }))?.ipRange ?? "";
  };
  const statusOf = (type: Member["type"], id: number): string => {
    const isAbout = (wanted: { type: string; id: number }, of: { type: string; id: number }[]): boolean =>
      of.some((each) => each.type === wanted.type && each.id === wanted.id);
    const running = [...project.actions.values()].find(
      ({ status, command, resources }) =>
        status === "running" &&
        command in STATUS &&
        isAbout({ type, id }, resources) &&
        isAbout({ type: "network", id: network.id }, resources),
    );
    return STATUS[running?.command ?? ""] ?? "ok";
  };
  const servers = membersOf(project, network).flatMap(({ id, privateNet }) =>
    privateNet
      .filter((net) => net.network === network.id)
      .map(({ ip, aliasIps }) => ({
        type: "server" as const,
        id,
        ip,
        status: statusOf("server", id),
        alias_ips: aliasIps,
        subnet: subnetOf(ip),
      })),
  );
  const balancers = balancersIn(project, network).flatMap(({ id, privateNet }) =>
    privateNet.map(({ ip }) => ({
      type: "load_balancer" as const,
      id,
      ip,
      status: statusOf("load_balancer", id),
      alias_ips: [],
      subnet: subnetOf(ip),
    })),
  );
  return [...servers, ...balancers];
}
