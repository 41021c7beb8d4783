// Power: what a customer can do to a server as one does with buttons on a case.
import type { Step } from "../../model/actions";
import { ApiError } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Server } from "../../model/records";
import type { World } from "../../model/world";
import { presentAction } from "../actions";
import { nothing } from "../fields";
import { created, post, type Route } from "../route";
import { requireServer } from "./present";

/** Switches the machine on. The action ends when power is on, not when the system has booted. */
export function startStep(world: World, server: Server, command = "start_server"): Step {
  return {
    command,
    resources: [{ type: "server", id: server.id }],
    seconds: 0,
    begin: () => {
      if (server.status === "off") server.status = "starting";
    },
    effect: async () => {
      await world.host.powerOn(server.id);
      server.status = "running";
    },
    undo: () => {
      if (server.status === "starting") server.status = "off";
    },
  };
}

function stopStep(world: World, server: Server): Step {
  return {
    command: "stop_server",
    resources: [{ type: "server", id: server.id }],
    seconds: world.latencies.action,
    effect: async () => {
      await world.host.powerOff(server.id);
      server.status = "off";
    },
  };
}

function signalStep(world: World, server: Server, command: string, signal: (id: number) => Promise<void>): Step {
  return {
    command,
    resources: [{ type: "server", id: server.id }],
    seconds: world.latencies.action,
    effect: () => signal(server.id),
  };
}

const buttons: Record<string, (world: World, project: Project, server: Server) => Step> = {
  poweron: (world, project, server) => {
    requireNetwork(project, server);
    return startStep(world, server);
  },
  poweroff: (world, _project, server) => stopStep(world, server),
  // Success says that the signal was sent. Whether the machine obeys is its own affair; its status follows later.
  shutdown: (world, _project, server) => signalStep(world, server, "shutdown_server", (id) => world.host.shutdown(id)),
  reboot: (world, _project, server) => signalStep(world, server, "reboot_server", (id) => world.host.reboot(id)),
  reset: (world, _project, server) => signalStep(world, server, "reset_server", (id) => world.host.reset(id)),
};

export const powerRoutes: Route[] = Object.entries(buttons).map(([name, step]) =>
  post(`/servers/:id/actions/${name}`, nothing, ({ world, project, id }) => {
    const server = requireServer(project, id);
    world.actions.requireUnlocked("server", id);
    const action = world.actions.start(project, step(world, project, server));
    return created({ action: presentAction(world, action) });
  }),
);

function requireNetwork(project: Project, server: Server): void {
  const connected = project.primaryIpOf(server.id, "ipv4") ?? project.primaryIpOf(server.id, "ipv6") ?? server.privateNet[0];
  if (!connected) throw new ApiError(422, "invalid_input", "server needs at least one network interface to be powered on");
}

/** The machine's own doing: it shut down, or came up again. States that an action is responsible for are left to it. */
export function followPower(world: World): void {
  world.host.onPower((serverId, state) => {
    const server = world.findServer(serverId)?.server;
    if (server && ["running", "off", "starting", "stopping", "unknown"].includes(server.status)) server.status = state;
  });
  // One boot of the rescue system is all that was asked for.
  world.host.onRescue?.((serverId) => {
    const server = world.findServer(serverId)?.server;
    if (server) server.rescue = false;
  });
}
