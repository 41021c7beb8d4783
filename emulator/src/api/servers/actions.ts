// What a customer can have done to a server, beside power.
import { z } from "zod";
import { findIso } from "../../catalogue/isos";
import { serverTypeById } from "../../catalogue/serverTypes";
import type { Step } from "../../model/actions";
import { ApiError, invalidField, protectedFrom, resourceUnavailable, serverNotStopped } from "../../model/errors";
import type { Server } from "../../model/records";
import { presentAction } from "../actions";
import { hasEnded, isOrderable } from "../catalogue";
import { id, idOrName, nothing } from "../fields";
import { systemOf } from "../images";
import { type Answer, type Call, created, post, type Route } from "../route";
import { newRootPassword } from "./create";
import { requireImageFor, requireServerType } from "./order";
import { startStep } from "./power";
import { requireServer } from "./present";

const changeType = post("/servers/:id/actions/change_type", z.object({ server_type: idOrName, upgrade_disk: z.boolean() }), (call) => {
  const { world, body } = call;
  const server = requireFree(call);
  const type = requireServerType(body.server_type);
  const current = serverTypeById(server.type);
  if (server.status !== "off") throw serverNotStopped();
  if (type.id === current.id) throw new ApiError(422, "invalid_server_type", "server already has this type");
  if (type.architecture !== current.architecture) throw new ApiError(422, "invalid_server_type", "server type has another architecture");
  if (type.disk < server.primaryDiskSize) {
    throw new ApiError(422, "invalid_server_type", `the disk cannot shrink from ${server.primaryDiskSize} GB to ${type.disk} GB`);
  }
  const offer = type.locations.find(({ name }) => name === server.location);
  if (!offer || hasEnded(world, offer.deprecation)) {
    throw new ApiError(
      422,
      "invalid_server_type",
      `server type ${type.name} is not offered in ${server.location}${offer ? " any more" : ""}`,
    );
  }
  if (!isOrderable(world, type, server.location))
    throw resourceUnavailable(`server type ${type.name} is not available in ${server.location}`);
  const diskGB = body.upgrade_disk ? type.disk : server.primaryDiskSize;
  return act(call, server, {
    command: "change_server_type",
    seconds: world.latencies.action,
    begin: () => {
      server.status = "migrating";
    },
    effect: async () => {
      await world.host.resize(server.id, { memoryMiB: type.memory * 1024, diskGB });
      server.type = type.id;
      server.primaryDiskSize = diskGB;
      // The customer does not start it again, the API does.
      await startStep(world, server).effect();
    },
    undo: () => {
      server.status = world.host.powerState(server.id);
    },
  });
});

const rebuild = post("/servers/:id/actions/rebuild", z.object({ image: idOrName, user_data: z.string().optional() }), (call) => {
  const { world, body } = call;
  const server = requireFree(call);
  if (server.protection.rebuild) throw protectedFrom("server", "rebuild");
  const image = requireImageFor(call, serverTypeById(server.type), body.image, server.primaryDiskSize);
  const rootPassword = server.authorizedKeys.length > 0 ? null : newRootPassword();
  return act(
    call,
    server,
    {
      command: "rebuild_server",
      seconds: world.latencies.createServer,
      begin: async () => {
        server.status = "rebuilding";
        await world.host.powerOff(server.id);
      },
      effect: async () => {
        const snapshot = call.project.images.has(image.id) ? image.id : undefined;
        await world.host.rebuild(server.id, systemOf(world, call.project, image.id), snapshot);
        server.image = image.id;
        await startStep(world, server).effect();
      },
      undo: () => {
        server.status = "off";
      },
    },
    { root_password: rootPassword },
  );
});

const changeProtection = post(
  "/servers/:id/actions/change_protection",
  z.object({ delete: z.boolean().optional(), rebuild: z.boolean().optional() }),
  (call) => {
    const server = requireFree(call);
    const wanted = { delete: call.body.delete ?? server.protection.delete, rebuild: call.body.rebuild ?? server.protection.rebuild };
    if (wanted.delete !== wanted.rebuild) throw invalidField("rebuild", "delete and rebuild protection must be the same");
    return act(
      call,
      server,
      change("change_protection", call, () => (server.protection = wanted)),
    );
  },
);

const enableBackup = post("/servers/:id/actions/enable_backup", nothing, (call) => {
  const server = requireFree(call);
  return act(
    call,
    server,
    change("enable_backup", call, () => (server.backupWindow = "22-02")),
  );
});

const disableBackup = post("/servers/:id/actions/disable_backup", nothing, (call) => {
  const server = requireFree(call);
  return act(
    call,
    server,
    change("disable_backup", call, async () => {
      server.backupWindow = null;
      for (const image of call.project.images.list()) {
        if (image.boundTo !== server.id) continue;
        call.project.images.delete(image.id);
        await call.world.host.deleteImage?.(image.id);
      }
    }),
  );
});

const enableRescue = post(
  "/servers/:id/actions/enable_rescue",
  z.object({ type: z.enum(["linux64"]).default("linux64"), ssh_keys: z.array(id).default([]) }),
  (call) => {
    const server = requireFree(call);
    const keys = call.body.ssh_keys.map((key) => {
      const found = call.project.sshKeys.get(key);
      if (!found) throw invalidField("ssh_keys", `ssh_key '${key}' not found`);
      return found.publicKey;
    });
    const step = change("enable_rescue", call, async () => {
      await call.world.host.setRescue?.(server.id, keys);
      server.rescue = true;
    });
    return act(call, server, step, { root_password: newRootPassword() });
  },
);

const disableRescue = post("/servers/:id/actions/disable_rescue", nothing, (call) => {
  const server = requireFree(call);
  return act(
    call,
    server,
    change("disable_rescue", call, async () => {
      await call.world.host.setRescue?.(server.id, null);
      server.rescue = false;
    }),
  );
});

const attachIso = post("/servers/:id/actions/attach_iso", z.object({ iso: idOrName }), (call) => {
  const server = requireFree(call);
  const iso = findIso(call.body.iso);
  if (!iso) throw invalidField("iso", `iso '${call.body.iso}' not found`);
  if (iso.architecture !== null && iso.architecture !== serverTypeById(server.type).architecture) {
    throw invalidField("iso", "iso has another architecture than the server");
  }
  return act(
    call,
    server,
    change("attach_iso", call, async () => {
      await call.world.host.setIso?.(server.id, iso.name);
      server.iso = iso.id;
    }),
  );
});

const detachIso = post("/servers/:id/actions/detach_iso", nothing, (call) => {
  const server = requireFree(call);
  return act(
    call,
    server,
    change("detach_iso", call, async () => {
      await call.world.host.setIso?.(server.id, null);
      server.iso = null;
    }),
  );
});

const resetPassword = post("/servers/:id/actions/reset_password", nothing, (call) => {
  const server = requireFree(call);
  if (server.status !== "running")
    throw new ApiError(422, "invalid_input", "the server must be running, with a guest agent, to reset its password");
  return act(
    call,
    server,
    change("reset_password", call, () => undefined),
    { root_password: newRootPassword() },
  );
});

export const serverActionRoutes: Route[] = [
  changeType,
  rebuild,
  changeProtection,
  enableBackup,
  disableBackup,
  enableRescue,
  disableRescue,
  attachIso,
  detachIso,
  resetPassword,
];

type StepOfServer = Omit<Step, "resources">;

/** An action that takes no longer than any. */
function change(command: string, call: Call<unknown>, effect: () => unknown): StepOfServer {
  return {
    command,
    seconds: call.world.latencies.action,
    effect: async () => {
      await effect();
    },
  };
}

/** Looks the server up and refuses while another action runs on it, as the API does before it looks at anything else. */
export function requireFree(call: Call<unknown>): Server {
  const server = requireServer(call.project, call.id);
  call.world.actions.requireUnlocked("server", server.id);
  return server;
}

export function act(call: Call<unknown>, server: Server, step: StepOfServer, more: object = {}): Answer {
  const action = call.world.actions.start(call.project, { ...step, resources: [{ type: "server", id: server.id }] });
  return created({ action: presentAction(call.world, action), ...more });
}
