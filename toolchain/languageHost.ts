// Makes the executable `pulumi-language-nodejs` from languageHost/.
import { chmodSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import execa from "execa";
import { hashFolder, hashOf } from "./hash";
import { packageVersion } from "./versions";

const SOURCES = join(__dirname, "languageHost");

/** A name for what would be bundled from the sources as they are. */
export function languageHostHash(): string {
  return hashOf(
    hashFolder(SOURCES, () => true),
    packageVersion("@pulumi/pulumi"),
    packageVersion("esbuild"),
  );
}

/** Bundles the language host with all it needs into one file that runs by itself, since the checkout may be deleted. */
export async function bundleLanguageHost(output: string): Promise<void> {
  const esbuild = createRequire(__filename).resolve("esbuild/bin/esbuild");
  const options = ["--bundle", "--platform=node", "--target=node22", "--format=cjs", "--log-level=error"];
  await execa(esbuild, [join(SOURCES, "main.ts"), ...options, `--outfile=${output}`]);
  chmodSync(output, 0o755);
}
