// A Hetzner Cloud on this computer.
import { type AddressInfo, isIPv6 } from "node:net";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { adminRoutes } from "./admin";
import { guard } from "./admin/guard";
import { type CloudSummary, summarize } from "./admin/summary";
import { RateLimit } from "./api/rateLimit";
import { createApi } from "./api/server";
import { followPower } from "./api/servers/power";
import { forget } from "./api/servers/remove";
import { Tokens, type TokenRights } from "./api/tokens";
import { Faults } from "./faults";
import { Journal } from "./journal";
import { type Latencies, profiles, type Profile } from "./latencies";
import { createMachineHost, type Host } from "./machines";
import type { MachineHost } from "./machineHost";
import type { Stock } from "./model/stock";
import { World } from "./model/world";
import { createNoMachines } from "./noMachines";
import { openState } from "./state";
import { pageRoutes } from "./web";
import { type TimeScale, VirtualClock } from "./virtualClock";

export type { CloudSummary } from "./admin/summary";
export type { TokenRights } from "./api/tokens";
export type { Failure, FaultOrder, Hold } from "./faults";
export type { Entry } from "./journal";
export { type Latencies, type Profile, profiles } from "./latencies";
export type { TimeScale } from "./virtualClock";

export interface EmulatorOptions {
  /** On the loopback interface; 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on; `127.0.0.1` by default. Whoever reaches it may run commands on this computer: keep it from strangers. */
  host?: string;
  /** Further host names under which it answers; IP addresses and names that are not in the public DNS need not be listed. */
  allowedHosts?: string[];
  /** Folder for disks and keys of machines; a temporary one by default, which goes when the emulator stops. */
  stateDir?: string;
  /** Keeps the cloud's state: read at the start if it exists, written at every change. Without `stateDir`, disks lie beside it in `FILE.machines`. */
  stateFile?: string;
  /** `instant` by default: nothing takes time. Seconds given here replace those of `instant`. */
  latencies?: Profile | Partial<Latencies>;
  /** `"auto"` by default. */
  timeScale?: TimeScale;
  /** Program (and first arguments) that evaluates a flake: run with FLAKE_DIR and ATTRIBUTE, prints a system's description as JSON. */
  evaluator?: string[];
  /** `false` for the API alone: servers have a power state, and no machine behind them. */
  machines?: boolean;
  /** Tokens that are good, and for which project. Without, any token is good for the one project there is. */
  tokens?: Record<string, TokenRights>;
  /** Requests an hour above which to refuse; without, requests are counted and never refused. */
  rateLimit?: number;
}

/** A running emulator. Seconds and milliseconds are virtual. */
export interface ApiEmulator {
  /** Base of the API, e.g. `http://127.0.0.1:40123/v1`, as clients want it in `HCLOUD_ENDPOINT`. */
  url: string;
  /** Base of what only an emulator has: faults, journal, clock. */
  adminUrl: string;
  stateDir: string;
  clock: VirtualClock;
  journal: Journal;
  faults: Faults;
  /** What is sold out. */
  stock: Stock;
  host: MachineHost;
  /** What there is, of all projects. */
  snapshot(): CloudSummary;
  /** Takes a server away behind the customer's back. Resolves when it is gone. */
  loseServer(id: number): Promise<void>;
  /** Answers nothing any more; machines are off. */
  stop(): Promise<void>;
}

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
 * @throws Error when the port is taken, the state file is no state file, or the system cannot run machines (see `machines`)
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
  const latencies = latenciesFrom(options.latencies ?? "instant");
  const clock = new VirtualClock(options.timeScale ?? "auto");
  const journal = new Journal(() => clock.now());
  const faults = new Faults();
  const stateDir = await folderFor(options);
  const machines =
    options.machines === false ? undefined : await createMachineHost({ stateDir, clock, latencies, journal, evaluator: options.evaluator });
  const host = machines ?? createNoMachines(clock, latencies);

  const state = await openState(options.stateFile);
  const world = new World({ clock, latencies, journal, faults, host, epoch: state.epoch });
  followPower(world);
  await state.fill(world);

  const rateLimit = new RateLimit(() => clock.now(), state.epoch, options.rateLimit);
  const api = createApi({ world, tokens: new Tokens(options.tokens), rateLimit, saved: () => state.save() });
  guard(api, options.allowedHosts);
  adminRoutes(api, { world, loseServer, machines });
  await pageRoutes(api);
  const origin = await listen(api, options);

  async function loseServer(id: number): Promise<void> {
    const found = world.findServer(id);
    if (!found) throw new Error(`there is no server ${id} to lose`);
    await world.actions.cancel(found.project, "server", id);
    await forget(world, found.project, found.server);
    await state.save();
  }

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopOnce());

  async function stopOnce(): Promise<void> {
    faults.clear();
    await api.close();
    clock.close();
    await state.close();
    await host.close();
    if (options.stateDir === undefined && options.stateFile === undefined) await rm(stateDir, { recursive: true, force: true });
  }

  const emulator: ApiEmulator = {
    url: `${origin}/v1`,
    adminUrl: `${origin}/_emulator`,
    stateDir,
    clock,
    journal,
    faults,
    stock: world.stock,
    host,
    snapshot: () => summarize(world),
    loseServer,
    stop,
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

async function folderFor({ stateDir, stateFile }: EmulatorOptions): Promise<string> {
  if (stateDir === undefined && stateFile === undefined) return mkdtemp(join(tmpdir(), "hcloud-emulator-"));
  const folder = stateDir ?? `${stateFile ?? ""}.machines`;
  await mkdir(folder, { recursive: true });
  return folder;
}

/** @returns the address by which this computer reaches it */
async function listen(api: FastifyInstance, { host = "127.0.0.1", port = 0 }: EmulatorOptions): Promise<string> {
  await api.listen({ host, port });
  const bound = api.server.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${bound.port}`;
}

function latenciesFrom(given: Profile | Partial<Latencies>): Latencies {
  return typeof given === "string" ? profiles[given] : { ...profiles.instant, ...given };
}
