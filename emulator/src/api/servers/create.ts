import { randomBytes } from "node:crypto";
import { firstAddress, macAddress } from "../../model/addresses";
import type { Step } from "../../model/actions";
import { networkOf } from "../../model/machineNetworks";
import type { Project } from "../../model/project";
import type { PrimaryIp, Server } from "../../model/records";
import type { World } from "../../model/world";
import { presentAction } from "../actions";
import { systemOf } from "../images";
import { attachStep } from "../volumes/steps";
import { post, created, type Call, type Route } from "../route";
import { serverTypeById } from "../../catalogue/serverTypes";
import type { MachineSpec } from "../../machineHost";
import { checkOrder, serverBody, type Order, type ServerBody } from "./order";
import { joinStep } from "./networks";
import { startStep } from "./power";
import { presentServer } from "./present";

export const createRoute: Route = post("/servers", serverBody, (call) => {
  const { world, project, body } = call;
  const order = checkOrder(call);
  const server = record(call, order);
  assign(world, project, server, "ipv4", order.ipv4);
  assign(world, project, server, "ipv6", order.ipv6);
  for (const firewall of order.firewalls) firewall.appliedTo.push({ type: "server", server: server.id, status: "applied" });

  const steps = [
    createStep(world, project, server),
    ...order.networks.map((network) => joinStep(world, project, server, network, { aliasIps: [] })),
    ...order.volumes.map((volume) => attachStep(world, project, volume, server.id, body.automount === true)),
    ...(body.start_after_create ? [startStep(world, server, "start_server")] : []),
  ];
  const [action, ...next] = world.actions.sequence(project, steps);
  return created({
    server: presentServer(world, project, server),
    action: action ? presentAction(world, action) : null,
    next_actions: next.map((each) => presentAction(world, each)),
    root_password: order.sshKeys.length > 0 ? null : newRootPassword(),
  });
});

function record({ world, project, body }: Call<ServerBody>, order: Order): Server {
  const id = world.newId();
  return project.servers.add({
    id,
    name: order.name,
    labels: body.labels,
    created: world.timestamp(),
    status: "initializing",
    type: order.type.id,
    location: order.location,
    image: order.image.id,
    iso: null,
    mac: macAddress(id),
    rescue: false,
    backupWindow: null,
    protection: { delete: false, rebuild: false },
    primaryDiskSize: order.type.disk,
    placementGroup: order.placementGroup?.id ?? null,
    privateNet: [],
    userData: body.user_data,
    authorizedKeys: order.sshKeys.map(({ publicKey }) => publicKey),
  });
}

function assign(world: World, project: Project, server: Server, type: PrimaryIp["type"], choice: PrimaryIp | boolean): void {
  if (choice === false) return;
  if (choice !== true) {
    choice.assignee = server.id;
    return;
  }
  const id = world.newId();
  project.primaryIps.add({
    id,
    name: `primary_ip-${id}`,
    labels: {},
    created: world.timestamp(),
    type,
    ip: world.freeAddress(type),
    location: server.location,
    assignee: server.id,
    // What was made for a server goes with it.
    autoDelete: true,
    protection: { delete: false },
    dnsPtr: {},
  });
}

function createStep(world: World, project: Project, server: Server): Step {
  return {
    command: "create_server",
    resources: [{ type: "server", id: server.id }, ...(server.image === null ? [] : [{ type: "image", id: server.image }])],
    seconds: world.latencies.createServer,
    effect: async () => {
      await world.host.create(machineSpec(project, server, systemOf(world, project, server.image)));
      server.status = "off";
    },
  };
}

/** What the machine side must know of a server. */
export function machineSpec(project: Project, server: Server, image: string): MachineSpec {
  const type = serverTypeById(server.type);
  const ipv6 = project.primaryIpOf(server.id, "ipv6");
  return {
    serverId: server.id,
    name: server.name,
    ipv4: project.primaryIpOf(server.id, "ipv4")?.ip ?? null,
    ipv6: ipv6 ? firstAddress(ipv6.ip) : null,
    mac: server.mac,
    architecture: type.architecture,
    image,
    ...(server.image !== null && project.images.has(server.image) && { snapshot: server.image }),
    memoryMiB: type.memory * 1024,
    diskGB: server.primaryDiskSize,
    userData: server.userData,
    authorizedKeys: server.authorizedKeys,
    network: networkOf(project, server),
  };
}

export const newRootPassword = (): string => randomBytes(15).toString("base64url");
