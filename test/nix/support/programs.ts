// Programs that a test needs and a computer may lack: then the test is skipped, by name and with a line on the console.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** `test` if every program is there (a name on PATH, or a path), else a skipped test that says which is not. */
export function testWith(programs: readonly string[], name: string, body: () => void): void {
  const missing = programs.filter((program) =>
    program.startsWith("/") ? !existsSync(program) : spawnSync("which", [program]).status !== 0,
  );
  if (missing.length === 0) {
    test(name, body);
    return;
  }
  const reason = `SKIPPED, there is no ${missing.join(", ")}: ${name}`;
  console.warn(`test/nix: ${reason}`);
  test.skip(reason, () => undefined);
}
