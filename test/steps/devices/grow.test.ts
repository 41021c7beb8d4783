// What growVolume does with a volume that is mounted and has become bigger, on real file systems.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { mayGrowMounted } from "../support/capabilities";
import { NEW_EXT4 } from "../support/devices";
import { describeAsRoot, NamespaceMachine } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const REFUSED = 3;
const MIB = 1024 * 1024;

let machine: NamespaceMachine;
let folder: string;

beforeEach(async () => {
  folder = newFolder();
  machine = await NamespaceMachine.start(folder, "nixos");
});
afterEach(() => machine.stop());

async function mounted(make: string, options = "rw"): Promise<string> {
  const device = await machine.disk("volume", make);
  machine.sh(`mkdir -p /srv/data && mount -o ${options} ${device} /srv/data && { touch /srv/data/kept || true; }`);
  return device;
}

const becomes = (device: string, mebibytes: number): string =>
  machine.sh(`truncate -s ${mebibytes}M ${join(folder, "volume")}; losetup --set-capacity ${device}`);

const grow = (device: string, mebibytes: number): ReturnType<NamespaceMachine["script"]> =>
  machine.script("growVolume", [device, `${mebibytes * MIB}`]);

describeAsRoot("growing a mounted volume", () => {
  (mayGrowMounted() ? test : test.skip)(
    "lets its file system fill it, while a file stays open; a second time there is nothing to do",
    async () => {
      const device = await mounted(NEW_EXT4);
      becomes(device, 400);

      const first = await machine.script("growVolume", [device, `${400 * MIB}`]);

      expect([first.stderr, first.code]).toEqual([first.stderr, 0]);
      expect(first.results.get("grown")).toMatch(/^yes (39|40)\d$/);
      expect(Number(machine.sh("df --output=size -BM /srv/data | tail -n 1 | tr -dc 0-9"))).toBeGreaterThan(300);
      expect(machine.sh("ls /srv/data")).toContain("kept");
      expect((await grow(device, 400)).results.get("grown")).toMatch(/^already/);
    },
  );

  test("one that has its size already is left alone", async () => {
    const device = await mounted(NEW_EXT4);

    expect((await grow(device, 16)).results.get("grown")).toBe("already 16");
  });

  test("one that is mounted read-only is refused", async () => {
    const device = await mounted(NEW_EXT4, "ro");
    becomes(device, 32);

    const { code, stderr } = await grow(device, 32);

    expect([code, stderr]).toEqual([REFUSED, expect.stringMatching(/mounted read-only.*journalctl -k/s)]);
  });

  test("one whose file system has errors is refused", async () => {
    const device = await mounted(`${NEW_EXT4}; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`);
    becomes(device, 32);

    const { code, stderr } = await grow(device, 32);

    expect([code, stderr]).toEqual([REFUSED, expect.stringContaining("marked as having errors")]);
  });

  test("one that holds XFS is refused", async () => {
    if (spawnSync("sh", ["-c", "command -v mkfs.xfs"]).status !== 0) {
      console.warn("SKIPPED: mkfs.xfs is not installed");
      return;
    }
    const device = await mounted('truncate -s 300M "$1"; mkfs.xfs -q "$1"');
    becomes(device, 400);

    const { code, stderr } = await grow(device, 400);

    expect([code, stderr]).toEqual([REFUSED, expect.stringContaining("holds xfs, and only ext4 is grown here")]);
    machine.sh("umount /srv/data");
  });
});
