// One test's own world: a cloud, a project folder, a stack and a person, all gone afterwards.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Emulator, EmulatorOptions } from "../../../emulator/src";
import { cloudEnvironment, startLocalCloud } from "../../../local/cloud";
import { Events } from "../../../local/events";
import { Operator } from "../../../local/operator";
import { Project } from "../../../local/project";
import { Stack } from "../../../local/stack";
import { ensureToolchain } from "../../../toolchain";

export type MachineSettings = Record<string, unknown>;

export interface World {
  cloud: Emulator;
  stack: Stack;
  project: Project;
  operator: Operator;
  events: Events;
  /** Writes the stack's configuration: these machines, all of the same person. */
  configure(machines: Record<string, MachineSettings>, more?: Record<string, unknown>): void;
  /** Runs a command on a machine as its admin. */
  ssh(machine: string, command: string, input?: string): Promise<string>;
  end(): Promise<void>;
}

/** A machine as most tests want it: home + store on one small volume. */
export const DEVSERVER: MachineSettings = { serverType: "cx23", location: "fsn1", volumes: { home: { size: 10 } } };

const STACK = "test";

export async function newWorld(options: EmulatorOptions = { latencies: "instant" }): Promise<World> {
  const toolchain = await ensureToolchain();
  const folder = mkdtempSync(join(tmpdir(), "nixos-vps-world-"));
  const cloud = await startLocalCloud({ ...options, stateDir: join(folder, "cloud") });
  const events = new Events(cloud, join(folder, "steps.jsonl"));
  const operator = new Operator(join(folder, "operator"));
  mkdirSync(join(folder, "project"));
  const project = new Project(join(folder, "project"));
  const stack = new Stack({
    name: STACK,
    project,
    toolchain,
    environment: {
      ...cloudEnvironment(cloud),
      NIXOS_VPS_STEP_LOG: events.stepLog,
      XDG_STATE_HOME: join(folder, "xdg-state"),
      XDG_RUNTIME_DIR: folder,
    },
    path: [cloud.operatorBin],
  });
  const configure: World["configure"] = (machines, more = {}) => {
    project.configure(STACK, { admin: { name: "qwe", sshKeys: [operator.publicKey] }, machines, ...more });
  };
  configure({ devserver: DEVSERVER });
  await stack.init();
  return {
    cloud,
    stack,
    project,
    operator,
    events,
    configure,
    ssh: async (machine, command, input) => {
      const { sshConfig } = await stack.outputs<{ sshConfig: string }>();
      return operator.ssh({ sshConfig, fragment: cloud.sshConfig, machine }, command, input);
    },
    end: async () => {
      await cloud.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface MachineOutputs {
  address: string;
  hostPublicKey: string;
  serverId: number;
  volumeIds: Record<string, number>;
  fileSystems: Record<string, string>;
  generation: number;
}

export async function outputsOf(world: World, machine = "devserver"): Promise<MachineOutputs> {
  const { machines } = await world.stack.outputs<{ machines: Record<string, MachineOutputs> }>();
  const found = machines[machine];
  if (!found) throw new Error(`no outputs of ${machine}`);
  return found;
}
