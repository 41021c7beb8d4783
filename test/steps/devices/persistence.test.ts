// The persistence test on a volume that cannot take its marker: it says so, and leaves nothing behind.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../../../toolchain/checkout";
import { EXT4, fill, hasProgram } from "../support/devices";
import { describeAsRoot } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();

const hasJq = hasProgram("jq");
if (!hasJq) console.warn("SKIPPED: jq is not installed, so no machine here can run its persistence test");
const describeWithJq = hasJq ? describeAsRoot : describe.skip;

let volume: VolumeInPlace;
afterEach(() => volume.stop());

async function mounted(options: string, kind: { readOnly?: boolean; then?: string } = {}): Promise<void> {
  volume = await VolumeInPlace.start(newFolder(), "nixos", { make: EXT4, ...kind });
  volume.program(
    "vps-persistence-test",
    `#!/usr/bin/env bash\nset -euo pipefail\n${readFileSync(join(CHECKOUT, "nix", "packages", "vps-persistence-test.sh"), "utf8")}`,
  );
  volume.machine.sh(`mkdir -p /srv/data && mount -o ${options} ${volume.device} /srv/data`);
}

const files = (): string[] => volume.machine.sh("ls -A /srv/data").split("\n");

describeWithJq("a volume is prepared for the persistence test", () => {
  test("with one small file, which is taken away again", async () => {
    await mounted("rw");
    const before = files();

    const { stdout } = await volume.script("persistence", ["prepare", "/srv/data"]);

    expect(stdout).toBe("told /srv/data wrote /srv/data/.vps-persistence\n");
    expect(files()).toEqual([".vps-persistence", ...before]);
    await volume.script("persistence", ["clean", "/srv/data"]);
    expect(files()).toEqual(before);
  });

  test.each([
    ["is full", "rw", { then: fill() }],
    ["is read-only", "ro", { readOnly: true }],
  ] as const)("not when it %s: that is said, and nothing is left", async (_what, options, kind) => {
    await mounted(options, kind);
    const before = files();

    const { code, stdout } = await volume.script("persistence", ["prepare", "/srv/data"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^failed \/srv\/data$/m);
    expect(stdout).toMatch(/^told \/srv\/data .*(No space left|Read-only)/m);
    expect(files()).toEqual(before);
    expect(volume.machine.sh("cat /srv/data/kept")).toBe("precious");
  });
});
