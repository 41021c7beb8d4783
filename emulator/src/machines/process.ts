// Running programs of the computer.
import { execFile } from "node:child_process";

/**
 * Runs a program to its end.
 *
 * @throws Error with the command, its exit code and what it said, when it fails or is missing
 */
export function exec(program: string, args: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { ...options, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) {
        resolve(stdout);
        return;
      }
      const missing = "code" in error && error.code === "ENOENT";
      const why = missing ? "is not installed on this computer" : `failed (${error.code ?? error.signal ?? "?"}): ${stderr.trim()}`;
      reject(new Error(`${program} ${args[0] ?? ""} ${why}`));
    });
  });
}
