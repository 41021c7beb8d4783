// What mountForInstall does with a volume, on real file systems. What it refuses is in everyScript.test.ts.
import { NEW_EXT4 } from "../support/devices";
import { describeAsRoot, NamespaceMachine, type OsRelease } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const REFUSED = 3;

let machine: NamespaceMachine;

async function start(os: OsRelease): Promise<void> {
  machine = await NamespaceMachine.start(newFolder(), os);
}
afterEach(() => machine.stop());

describeAsRoot("mounting a volume for an installation", () => {
  beforeEach(() => start("installer"));
  const mount = (device: string, store = ".nix"): ReturnType<NamespaceMachine["script"]> =>
    machine.script("mountForInstall", [device, "/home", store]);

  test("a sound volume is mounted, and its root-owned folder becomes /nix", async () => {
    const device = await machine.disk("good", NEW_EXT4);

    const { code, results } = await mount(device);

    expect(code).toBe(0);
    expect(results.get("mounted")).toBe("/mnt/home");
    machine.sh("echo kept > /mnt/nix/file");
    expect(machine.sh("cat /mnt/home/.nix/file")).toBe("kept");
    expect(machine.sh("stat -c '%u %a' /mnt/home/.nix")).toBe("0 755");
    expect(machine.sh("findmnt -rn -o OPTIONS /mnt/home")).toContain("nodev");
  });

  test("doing it again changes nothing", async () => {
    const device = await machine.disk("good", NEW_EXT4);
    await mount(device);
    machine.sh("echo kept > /mnt/home/file");
    const mounts = machine.sh("findmnt -rn");

    expect((await mount(device)).code).toBe(0);

    expect(machine.sh("findmnt -rn")).toBe(mounts);
    expect(machine.sh("cat /mnt/home/file")).toBe("kept");
  });

  test("a volume that is /nix itself, and one without a store, get no folder", async () => {
    const [one, other] = [await machine.disk("one", NEW_EXT4), await machine.disk("other", NEW_EXT4)];

    await machine.script("mountForInstall", [one, "/nix", "."]);
    await machine.script("mountForInstall", [other, "/data", ""]);

    expect(machine.sh("findmnt -rn -o SOURCE /mnt/nix")).toBe(one);
    expect(machine.sh("ls -A /mnt/data")).toBe("lost+found");
  });

  test("small damage is repaired, the data stays", async () => {
    const device = await machine.disk(
      "damaged",
      `${NEW_EXT4}; echo kept > "$1.txt"; debugfs -w -R "write $1.txt file" "$1" 2>/dev/null; debugfs -w -R "set_super_value free_blocks_count 1" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    );

    expect((await mount(device)).code).toBe(0);

    expect(machine.sh("cat /mnt/home/file")).toBe("kept");
  });

  test("damage that needs a person is refused, and not repaired", async () => {
    const device = await machine.disk(
      "broken",
      `${NEW_EXT4}; debugfs -w -R "clri <2>" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    );

    const { code, stderr } = await mount(device);

    expect(code).toBe(REFUSED);
    expect(stderr).toMatch(/without a person.*e2fsck -n/s);
    expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
  });

  test("a store folder that a user could exchange is refused", async () => {
    const linked = await machine.disk("linked", `${NEW_EXT4}; debugfs -w -R "symlink .nix elsewhere" "$1" 2>/dev/null`);
    expect((await mount(linked)).stderr).toContain("is a link");
    machine.sh("umount /mnt/home");

    const owned = await machine.disk(
      "owned",
      `${NEW_EXT4}; debugfs -w -R "mkdir .nix" "$1" 2>/dev/null; debugfs -w -R "set_inode_field .nix uid 1000" "$1" 2>/dev/null`,
    );
    const { code, stderr } = await mount(owned);
    expect(code).toBe(REFUSED);
    expect(stderr).toContain("belongs to user 1000");
  });

  test("a device that is not there, or is mounted elsewhere, is refused", async () => {
    const device = await machine.disk("good", NEW_EXT4);
    machine.sh(`mkdir /run/other && mount ${device} /run/other`);

    expect((await mount(device)).stderr).toContain("already mounted at /run/other");
    expect((await mount("/dev/disk/by-id/scsi-0HC_Volume_0")).stderr).toContain("is not here");
  });

  test("another file system at the mount point is refused", async () => {
    const [device, other] = [await machine.disk("good", NEW_EXT4), await machine.disk("other", NEW_EXT4)];
    machine.sh(`mkdir /mnt/home && mount ${other} /mnt/home`);

    const { code, stderr } = await mount(device);

    expect(code).toBe(REFUSED);
    expect(stderr).toContain(`carries another file system than ${device}`);
  });

  test("without a partitioned root disk nothing is mounted", async () => {
    const device = await machine.disk("good", NEW_EXT4);
    machine.sh("umount /mnt");

    expect((await mount(device)).stderr).toContain("the root disk was not partitioned");
  });
});
