// A blow that falls when an operation has come far enough, counted in what the cloud has seen of it.
import type { Running } from "../../local/stack";
import { checkpointIsWhole } from "../lifecycle/support/interrupt";
import type { World } from "../lifecycle/support/world";
import { API_TROUBLES, type Blow, type Disturbance, type Layout, type Operation } from "./plan";

/** Entries of the cloud's journal in an operation that nobody disturbs (seen). Only where in it a blow falls hangs on them. */
const USUAL_LENGTH: Record<Layout, Record<Operation, number>> = {
  "home + store": { create: 120, switch: 40, recreate: 170, destroy: 30, "up again": 120 },
  home: { create: 120, switch: 17, recreate: 140, destroy: 20, "up again": 120 },
};

export interface Target {
  operation: Operation;
  layout: Layout;
  disturbance: Disturbance;
}

export interface Strike {
  /** Resolves when the blow has fallen; at once when it never did, because the operation ended before. */
  over(): Promise<boolean>;
}

/** Arms a blow for an operation that was just started. */
export function strike(world: World, { operation, layout, disturbance: { at, blow } }: Target, running: Running): Strike {
  let left = Math.round(at * USUAL_LENGTH[layout][operation]);
  let falls = false;
  let fallen: Promise<void> | undefined;
  const disarm = world.cloud.journal.onEntry(() => {
    // The blow writes entries itself, before `fall` has given its promise.
    if (falls || left-- > 0) return;
    falls = true;
    fallen = fall(world, blow, running);
  });
  return {
    over: async () => {
      disarm();
      await fallen;
      // What was ordered and not used up would hit somebody else's turn.
      world.cloud.faults.clear();
      return falls;
    },
  };
}

async function fall(world: World, blow: Blow, running: Running): Promise<void> {
  const { cloud } = world;
  if (blow.what === "operator") return killOperator(world, running);
  if (blow.what === "api") {
    const trouble = API_TROUBLES[blow.how];
    if (trouble) cloud.faults.failNext("*", { ...trouble, times: blow.times });
    else cloud.faults.dropResponseNext("*", blow.times);
    return;
  }
  const { servers } = cloud.snapshot();
  if (blow.what === "ssh") {
    await Promise.all(servers.map(({ id }) => cloud.host.dropSsh(id).catch(() => undefined)));
    return;
  }
  const struck = servers[blow.which % Math.max(servers.length, 1)];
  if (struck) await losePower(world, struck.id);
}

async function killOperator(world: World, { process: engine, done }: Running): Promise<void> {
  // A kill in the moment in which Pulumi's file back end writes leaves half a state; that is Pulumi's to mend.
  await checkpointIsWhole(world);
  if (engine.pid !== undefined && engine.exitCode === null && engine.signalCode === null) process.kill(-engine.pid, "SIGKILL");
  await done;
}

/** As in a data centre: it stops in the middle of whatever it does, and comes up again by itself. */
async function losePower({ cloud }: World, serverId: number): Promise<void> {
  try {
    if (cloud.host.powerState(serverId) !== "running") return;
    await cloud.host.crash(serverId);
    await cloud.host.reset(serverId);
  } catch {
    // It was deleted meanwhile.
  }
}
