import { createHash } from "node:crypto";

/** A file name for a machine: readable, and never the same for two machines, whatever characters their names hold. */
export function fileName(stack: string, machine: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([stack, machine]))
    .digest("hex")
    .slice(0, 12);
  return `${`${stack}-${machine}`.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 80)}-${digest}`;
}
