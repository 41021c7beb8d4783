// A Hetzner Cloud on this computer.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminRoutes } from "./admin";
import { guard } from "./admin/guard";
import { type CloudSummary, summarize } from "./admin/summary";
import { RateLimit } from "./api/rateLimit";
import { createApi } from "./api/server";
import { followPower } from "./api/servers/power";
import { forget } from "./api/servers/remove";
import { Tokens } from "./api/tokens";
import { Ends } from "./ends";
import { Faults } from "./faults";
import { Journal } from "./journal";
import { type Latencies, type Profile, profiles } from "./latencies";
import { listen } from "./listen";
import { createMachineHost, type Host } from "./machines";
import type { MachineHost } from "./machineHost";
import { History } from "./model/history";
import type { Limits } from "./model/limits";
import type { Stock } from "./model/stock";
import { World } from "./model/world";
import { createNoMachines } from "./noMachines";
import type { EmulatorOptions } from "./options";
import { openState } from "./state";
import { VirtualClock } from "./virtualClock";
import { pageRoutes } from "./web";

export type { CloudSummary } from "./admin/summary";
export type { TokenRights } from "./api/tokens";
export type { Failure, FaultOrder, Hold } from "./faults";
export type { Entry } from "./journal";
export { type Latencies, type Profile, profiles } from "./latencies";
export type { EmulatorOptions } from "./options";
export type { TimeScale } from "./virtualClock";

/**
 * A running emulator. Seconds and milliseconds are virtual.
 *
 * @example
 * Order a failure, run a tool, see what it did.
 * ```ts
 * cloud.faults.failNext("POST /servers", { status: 412, code: "resource_unavailable" });
 * await runMyTool({ HCLOUD_ENDPOINT: cloud.url, HCLOUD_TOKEN: "x".repeat(64) });
 * const writes = cloud.journal.entries.filter(({ kind, text }) => kind === "api" && !text.startsWith("GET"));
 * ```
 */
export interface ApiEmulator {
  /** Base of the API, e.g. `http://127.0.0.1:40123/v1`, as clients want it in `HCLOUD_ENDPOINT`. */
  url: string;
  /** The page for people, e.g. `http://127.0.0.1:40123/`. */
  pageUrl: string;
  /** Base of what only an emulator has, e.g. `http://127.0.0.1:40123/_emulator`: faults, journal, clock. */
  adminUrl: string;
  /** Folder of disks and keys of machines. */
  stateDir: string;
  /** The time of everything here; moved on by `clock.advance(ms)`. */
  clock: VirtualClock;
  /** What happened, in order: requests, actions, boots, mounts, ssh commands, and violations (a volume torn off while mounted). */
  journal: Journal;
  /** Failures on order. */
  faults: Faults;
  /** What is sold out. */
  stock: Stock;
  /** How much the account may have. */
  limits: Limits;
  /** What is behind servers. */
  host: MachineHost;
  /** What there is at the moment, of all projects; a copy. */
  snapshot(): CloudSummary;
  /**
   * Takes a server away behind the customer's back. Resolves when it is gone.
   *
   * @throws Error when there is no such server
   */
  loseServer(id: number): Promise<void>;
  /** Answers nothing any more; machines are off, and what was temporary is gone. May be called again. */
  stop(): Promise<void>;
}

/**
 * An emulator whose servers are machines that boot, mount and answer ssh.
 *
 * @example
 * ```ts
 * await execFile("ssh", ["-F", cloud.sshConfig, "root@198.18.0.2", "lsblk"]);
 * ```
 */
export interface Emulator extends ApiEmulator {
  /** Path of the ssh_config fragment that leads ssh from the API's addresses to machines. */
  sshConfig: string;
  /** Folder for the operator's PATH: `nixos-anywhere`. */
  operatorBin: string;
  /** Whether a machine of this NixOS host name is up, with all its mounts and services. */
  isServed(machineName: string): boolean;
  /** Milliseconds between two moments of the clock in which nothing was served under this NixOS host name. */
  unserved(machineName: string, from: number, to: number): number;
}

/**
 * Starts an emulated Hetzner Cloud.
 *
 * @throws Error in words when the port is taken, the state file is no state file, or the system cannot run machines (see `machines`).
 *   Nothing is left running then.
 *
 * @example
 * ```ts
 * const cloud = await startEmulator();
 * process.env.HCLOUD_ENDPOINT = cloud.url;
 * // ... any client of the API, then ssh -F cloud.sshConfig root@198.18.0.2
 * await cloud.stop();
 * ```
 */
export async function startEmulator(options: EmulatorOptions & { machines: false }): Promise<ApiEmulator>;
export async function startEmulator(options?: EmulatorOptions & { machines?: true }): Promise<Emulator>;
export async function startEmulator(options?: EmulatorOptions): Promise<ApiEmulator | Emulator>;
export async function startEmulator(options: EmulatorOptions = {}): Promise<ApiEmulator | Emulator> {
  const ends = new Ends();
  try {
    return await start(options, ends);
  } catch (error) {
    await ends.all();
    throw error;
  }
}

async function start(options: EmulatorOptions, ends: Ends): Promise<ApiEmulator | Emulator> {
  const latencies = latenciesFrom(options.latencies ?? "instant");
  const history = new History(options.apiDate);
  const clock = new VirtualClock(options.timeScale ?? "auto");
  const journal = new Journal(() => clock.now());
  const faults = new Faults();
  const stateDir = await folderFor(options, ends);
  const machines =
    options.machines === false ? undefined : await createMachineHost({ stateDir, clock, latencies, journal, evaluator: options.evaluator });
  const host = machines ?? createNoMachines(clock, latencies);
  ends.add(() => host.close());

  const state = await openState(options.stateFile);
  ends.add(() => state.close());
  ends.add(() => clock.close());
  const world = new World({ clock, latencies, journal, faults, host, epoch: state.epoch, history });
  followPower(world);
  await state.fill(world);

  const rateLimit = new RateLimit(() => clock.now(), state.epoch, options.rateLimit);
  const api = createApi({ world, tokens: new Tokens(options.tokens), rateLimit, saved: () => state.save() });
  guard(api, options.allowedHosts);
  adminRoutes(api, { world, loseServer, machines });
  await pageRoutes(api);
  ends.add(() => api.close());
  ends.add(() => faults.clear());
  const origin = await listen(api, options);

  async function loseServer(id: number): Promise<void> {
    const found = world.findServer(id);
    if (!found) throw new Error(`there is no server ${id} to lose`);
    await world.actions.cancel(found.project, "server", id);
    await forget(world, found.project, found.server);
    await state.save();
  }

  const emulator: ApiEmulator = {
    url: `${origin}/v1`,
    pageUrl: `${origin}/`,
    adminUrl: `${origin}/_emulator`,
    stateDir,
    clock,
    journal,
    faults,
    stock: world.stock,
    limits: world.limits,
    host,
    snapshot: () => summarize(world),
    loseServer,
    stop: () => ends.all(),
  };
  return machines ? withMachines(emulator, machines) : emulator;
}

function withMachines(emulator: ApiEmulator, { sshConfig, operatorBin, served }: Host): Emulator {
  return {
    ...emulator,
    sshConfig,
    operatorBin,
    isServed: (machineName) => served.isServed(machineName),
    unserved: (machineName, from, to) => served.unserved(machineName, from, to),
  };
}

async function folderFor({ stateDir, stateFile }: EmulatorOptions, ends: Ends): Promise<string> {
  if (stateDir === undefined && stateFile === undefined) {
    const folder = await mkdtemp(join(tmpdir(), "hcloud-emulator-"));
    ends.add(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }
  const folder = stateDir ?? `${stateFile ?? ""}.machines`;
  await mkdir(folder, { recursive: true });
  return folder;
}

function latenciesFrom(given: Profile | Partial<Latencies>): Latencies {
  return typeof given === "string" ? profiles[given] : { ...profiles.instant, ...given };
}
