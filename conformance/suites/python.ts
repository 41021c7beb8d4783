// Hetzner's Python client, unchanged, with nothing but an endpoint and a token of the emulator's.
import { join } from "node:path";
import type { Context, Findings, Suite } from "../suite";
import { pythonWith } from "../tools/python";
import { liveThrough } from "./clientLife";

const SOURCES = join(__dirname, "../python");

export const python: Suite = {
  name: "python",
  what: "Hetzner's Python client lives through every resource",
  run,
};

/** Not for the command line alone: the tests run it too, where its packages are in the cache. */
async function run(context: Context): Promise<Findings> {
  const interpreter = await pythonWith(join(SOURCES, "requirements.txt"), context);
  const life = await liveThrough(interpreter, [SOURCES], { env: { ...context.env, PYTHONDONTWRITEBYTECODE: "1" }, detail: context.detail });
  return { versions: "hcloud 2.27.0 (PyPI)", ...life };
}
