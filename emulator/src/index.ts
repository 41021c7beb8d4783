// A Hetzner Cloud on this computer.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminRoutes } from "./admin";
import { RateLimit } from "./api/rateLimit";
import { createApi } from "./api/server";
import { forget } from "./api/servers/remove";
import { followPower } from "./api/servers/power";
import { Tokens, type TokenRights } from "./api/tokens";
import { Faults } from "./faults";
import { Journal } from "./journal";
import { type Latencies, profiles, type Profile } from "./latencies";
import type { MachineHost } from "./machineHost";
import type { Stock } from "./model/stock";
import { World } from "./model/world";
import { createNoMachines } from "./noMachines";
import { VirtualClock, type TimeScale } from "./virtualClock";

export interface EmulatorOptions {
  /** On the loopback interface; 0, the default, takes a free one. */
  port?: number;
  /** Folder for disks and keys of machines; a temporary one by default, which goes when the emulator stops. */
  stateDir?: string;
  /** `instant` by default: nothing takes time. Seconds given here replace those of `instant`. */
  latencies?: Profile | Partial<Latencies>;
  timeScale?: TimeScale;
  /** Tokens that are good, and for which project. Without, any token is good for the one project there is. */
  tokens?: Record<string, TokenRights>;
  /** Requests an hour above which to refuse; without, requests are counted and never refused. */
  rateLimit?: number;
}

export interface Emulator {
  /** Base of the API, e.g. `http://127.0.0.1:40123/v1`, as clients want it in `HCLOUD_ENDPOINT`. */
  url: string;
  /** Base of what only an emulator has: faults, journal, clock. */
  adminUrl: string;
  stateDir: string;
  clock: VirtualClock;
  journal: Journal;
  faults: Faults;
  stock: Stock;
  host: MachineHost;
  /** Takes a server away behind the customer's back. Resolves when it is gone. */
  loseServer(id: number): Promise<void>;
  /** Answers nothing any more; machines are off. */
  stop(): Promise<void>;
}

/**
 * Starts an emulated Hetzner Cloud.
 *
 * @throws Error when the port is taken
 * @example
 * ```ts
 * const cloud = await startEmulator();
 * process.env.HCLOUD_ENDPOINT = cloud.url;
 * // ... any client of the API
 * await cloud.stop();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const latencies = latenciesFrom(options.latencies ?? "instant");
  const clock = new VirtualClock(options.timeScale ?? "auto");
  const journal = new Journal(() => clock.now());
  const faults = new Faults();
  const epoch = Date.now();
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "hcloud-emulator-")));
  const host = createNoMachines(clock, latencies);
  const world = new World({ clock, latencies, journal, faults, host, epoch });
  followPower(world);

  const api = createApi({
    world,
    tokens: new Tokens(options.tokens),
    rateLimit: new RateLimit(() => clock.now(), epoch, options.rateLimit),
  });
  adminRoutes(api, { world, loseServer });
  const origin = await api.listen({ host: "127.0.0.1", port: options.port ?? 0 });

  async function loseServer(id: number): Promise<void> {
    const found = world.findServer(id);
    if (!found) throw new Error(`there is no server ${id} to lose`);
    await world.actions.cancel(found.project, "server", id);
    await forget(world, found.project, found.server);
  }

  async function stop(): Promise<void> {
    faults.clear();
    await api.close();
    clock.close();
    await host.close();
    if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
  }

  return {
    url: `${origin}/v1`,
    adminUrl: `${origin}/_emulator`,
    stateDir,
    clock,
    journal,
    faults,
    stock: world.stock,
    host,
    loseServer,
    stop,
  };
}

function latenciesFrom(given: Profile | Partial<Latencies>): Latencies {
  return typeof given === "string" ? profiles[given] : { ...profiles.instant, ...given };
}
