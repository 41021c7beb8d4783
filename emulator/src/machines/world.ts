// What all machines of one cloud share, and what a machine can be doing.
import type { Clock } from "../clock";
import type { Journal } from "../journal";
import type { Latencies } from "../latencies";
import type { PowerState } from "../machineHost";
import type { Activities } from "./activity";
import type { Addresses } from "./addresses";
import type { Operator } from "./network/firewall";
import type { Paths } from "./paths";
import type { Served } from "./served";
import type { Store } from "./store/store";

/** What all machines share. */
export interface World {
  paths: Paths;
  clock: Clock;
  latencies: Latencies;
  journal: Journal;
  addresses: Addresses;
  activities: Activities;
  store: Store;
  /** Program that evaluates flakes. */
  evaluator: readonly string[] | undefined;
  served: Served;
  /** Where connections to machines come from. */
  operator: Operator;
  /** The rescue system was asked for one boot, and this was it. */
  rescueBooted(serverId: number): void;
  powerChanged(serverId: number, state: PowerState): void;
}

/** What is running now. `nothing`: power is on, but no system came up; `emergency`: NixOS gave up in its initrd; `crashed`: a fault. */
export type Running = "booting" | "image" | "rescue" | "installer" | "nixos" | "emergency" | "nothing" | "crashed" | "stopping";
