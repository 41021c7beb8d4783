import { join } from "node:path";
import type { Cache } from "./cache";
import { ToolchainError } from "./errors";
import wanted from "./nodeVersion.json";
import { isExecutable } from "./situation";

/** A Node.js that runs Pulumi programs: the one that runs this, or the one that bootstrap.js put into the cache. */
export function suitableNode(cache: Cache, running = { version: process.versions.node, path: process.execPath }): string {
  if (Number(running.version.split(".")[0]) >= wanted.minimumMajor) {
    return running.path;
  }
  const cached = join(cache.path("node", wanted.version), "node_modules", ".bin", "node");
  if (isExecutable(cached)) {
    return cached;
  }
  throw new ToolchainError(
    `Node.js ${wanted.minimumMajor} or newer is needed; this is ${running.version}.\n` +
      "Run the script through toolchain/bootstrap.js, as `npm start` and `npm test` do: it gets one.",
  );
}
