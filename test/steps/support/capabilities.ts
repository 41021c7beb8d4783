// What this computer's root may do. Containers take rights away, and a test that needs one says so where it is skipped.
import { readFileSync } from "node:fs";

const SYS_RESOURCE = 24n;

/** ext4 grows while it is mounted only for who has CAP_SYS_RESOURCE. */
export function mayGrowMounted(): boolean {
  const [, effective = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const may = ((BigInt(`0x${effective}`) >> SYS_RESOURCE) & 1n) === 1n;
  if (!may) console.warn("SKIPPED in part: growing a mounted file system needs CAP_SYS_RESOURCE, which this root has not");
  return may;
}
