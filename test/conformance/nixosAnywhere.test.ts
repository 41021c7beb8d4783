import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nixosAnywhere } from "../../conformance/suites/nixosAnywhere";
import type { Context } from "../../conformance/suite";
import { Cache } from "../../toolchain/cache";

const context = (env: NodeJS.ProcessEnv): Context => ({
  cache: Cache.ofUser(process.env),
  env,
  seed: 1,
  download: false,
  detail: () => undefined,
});

test("without the real nixos-anywhere the suite is skipped, and says what to give it", async () => {
  await expect(nixosAnywhere.run(context({}))).rejects.toThrow(/^NIXOS_ANYWHERE is not set\. Give it the path of src\/nixos-anywhere\.sh/);
  await expect(nixosAnywhere.run(context({}))).rejects.toMatchObject({ name: "Skipped" });
});

test("a stand-in of its name is not taken for it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "conformance-test-"));
  try {
    const script = join(folder, "nixos-anywhere.sh");
    await writeFile(script, "#!/bin/sh\n");
    await expect(nixosAnywhere.run(context({ NIXOS_ANYWHERE: script }))).rejects.toThrow("with get-facts.sh beside it");
    await writeFile(join(folder, "get-facts.sh"), "");
    await expect(nixosAnywhere.run(context({ NIXOS_ANYWHERE: script }))).rejects.toThrow("is not nixos-anywhere's own script");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
