// What an emulator may be told when it is started.
import type { TokenRights } from "./api/tokens";
import type { Latencies, Profile } from "./latencies";
import type { TimeScale } from "./virtualClock";

/**
 * All of it may be left out: `startEmulator()` has machines, an empty cloud that is forgotten at the end, and takes no time.
 *
 * @example
 * A cloud for tests of the API alone, on any system.
 * ```ts
 * await startEmulator({ machines: false });
 * ```
 *
 * @example
 * A cloud to work with: it outlives restarts, and things take as long as at Hetzner, twenty times as fast.
 * ```ts
 * await startEmulator({ port: 8080, stateFile: "cloud.json", latencies: "realistic", timeScale: 20 });
 * ```
 */
export interface EmulatorOptions {
  /**
   * Port to listen on. 0 takes a free one, which `url` then names.
   *
   * @default 0
   */
  port?: number;

  /**
   * Address to listen on. There is no password: whoever reaches it may create machines, and so run commands on this computer. Keep any
   * other than the loopback's from strangers.
   *
   * @default "127.0.0.1"
   * @example
   * In a container, whose network is its own.
   * ```ts
   * await startEmulator({ host: "0.0.0.0", port: 8080 });
   * ```
   */
  host?: string;

  /**
   * Further host names under which it answers. Requests under any other name are refused, since a foreign page could send them (DNS
   * rebinding). IP addresses, names without a dot, `*.localhost` and `*.internal` need not be listed.
   *
   * @default []
   * @example
   * ```ts
   * await startEmulator({ host: "0.0.0.0", allowedHosts: ["cloud.example.org"] });
   * ```
   */
  allowedHosts?: string[];

  /**
   * Folder for disks and keys of machines. What it holds belongs to one state file.
   *
   * @default a temporary one, which goes when the emulator stops; with `stateFile`, `FILE.machines`, which stays
   */
  stateDir?: string;

  /**
   * File that keeps the cloud between runs. It is read at the start if it exists, and written at every change before the change is
   * answered, so that a `kill -9` loses nothing. Actions that were running end in an error, and machines that ran boot, as after a power
   * failure. A file that is no state file is refused and stays as it is.
   *
   * @default nothing is kept
   * @example
   * ```ts
   * await startEmulator({ stateFile: "cloud.json" });
   * ```
   */
  stateFile?: string;

  /**
   * How long things take, in seconds of virtual time: a profile, or single values in place of those of `instant`.
   *
   * @default "instant": nothing takes time, and only the order of things is left
   * @example
   * ```ts
   * await startEmulator({ latencies: { createServer: 10, attachVolume: 4 } });
   * ```
   */
  latencies?: Profile | Partial<Latencies>;

  /**
   * How fast virtual time runs: so many times as fast as real time, or `"auto"`: it stands still while anything is at work, and else jumps
   * to the next moment that somebody waits for.
   *
   * @default "auto"
   * @throws RangeError when it is not above 0
   */
  timeScale?: TimeScale;

  /**
   * Day whose API is served, as `2026-02` or `2026-02-17`: fields and rules that Hetzner has removed since are there again.
   *
   * @default today's
   * @throws Error when it is no date
   * @example
   * For a client that still sends `datacenter`.
   * ```ts
   * await startEmulator({ apiDate: "2026-02" });
   * ```
   */
  apiDate?: string;

  /**
   * `false` for the API alone: servers have a power state, and no machine behind them. Works on any system.
   *
   * @default true
   * @throws Error on a system without Linux namespaces
   */
  machines?: boolean;

  /**
   * Program, and its first arguments, that stands in for Nix on machines: run with FLAKE_DIR and ATTRIBUTE, it prints a system's
   * description as JSON. Needed to install NixOS on a machine; all else goes without.
   *
   * @default none
   */
  evaluator?: string[];

  /**
   * Tokens that are good, and for which project. Projects do not see one another's resources; a token that is `readOnly` cannot write.
   *
   * @default any token is good, for the one project there is
   * @example
   * ```ts
   * await startEmulator({ tokens: { abc: { project: "shop" }, def: { project: "shop", readOnly: true } } });
   * ```
   */
  tokens?: Record<string, TokenRights>;

  /**
   * Requests an hour, for each project, above which to refuse with 429. They grow back evenly in virtual time.
   *
   * @default requests are counted in the headers (of Hetzner's 3600) and never refused
   */
  rateLimit?: number;
}
