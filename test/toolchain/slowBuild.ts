// Run as a process of its own: gets a toolchain by builds that wait until there is a file `gate` in the folder given. It notes
// what it does in the file `builds` and prints where the toolchain is.
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createProgress, ensureToolchain } from "../../toolchain";
import { fakeWays, writeExecutable } from "./fakeWays";

const folder = process.argv[2] ?? "";

async function main(): Promise<void> {
  const note = (line: string) => appendFileSync(join(folder, "builds"), `${line}\n`);
  const ways = fakeWays({
    whyUnreachable: () => {
      note("ask the network");
      return Promise.resolve("no network here");
    },
    goBuild: async ({ module, staging }) => {
      writeExecutable(join(staging, "half-built"));
      note(module);
      while (!existsSync(join(folder, "gate"))) {
        await delay(20);
      }
      return writeExecutable(join(staging, "built"));
    },
  });
  const toolchain = await ensureToolchain({ env: { HOME: folder, PATH: "" }, progress: createProgress() }, ways);
  console.log(toolchain.pulumiHome);
}

void main();
