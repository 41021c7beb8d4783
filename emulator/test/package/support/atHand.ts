// What of the computer's own an example needs.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Python's name here. */
export function python(): string {
  return process.env["PYTHON"] ?? "python3";
}

/** @param need a program; `python:MODULE`; or `namespaces`, as machines are made of */
export function atHand(need: string): boolean {
  // Without them nothing boots.
  if (need === "namespaces") return spawnSync("unshare", [process.getuid?.() === 0 ? "-m" : "-Urm", "true"]).status === 0;
  const [program = "", module] = need.split(":");
  if (module !== undefined) return spawnSync(python(), ["-c", `import ${module}`]).status === 0;
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
