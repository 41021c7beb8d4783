// The scripts that touch volumes, on real file systems. No script here may ever make a file system or change what it does not know.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, NamespaceMachine, type OsRelease } from "./support/namespaceMachine";
import { temporaryFolders } from "./support/temporaryFolder";

jest.setTimeout(60_000);

const newFolder = temporaryFolders();
const EXT4 = 'mkfs.ext4 -q "$1"';
const REFUSED = 3;

let machine: NamespaceMachine;
let folder: string;

async function start(os: OsRelease): Promise<void> {
  folder = newFolder();
  machine = await NamespaceMachine.start(folder, os);
}
afterEach(() => machine.stop());

const digest = (name: string): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, name)))
    .digest("hex");

describeAsRoot("mounting a volume for an installation", () => {
  beforeEach(() => start("installer"));
  const mount = (device: string, store = ".nix"): ReturnType<NamespaceMachine["script"]> =>
    machine.script("mountForInstall", [device, "/home", store]);

  test("a sound volume is mounted, and its root-owned folder becomes /nix", async () => {
    const device = await machine.disk("good", EXT4);

    const { code, results } = await mount(device);

    expect(code).toBe(0);
    expect(results.get("mounted")).toBe("/mnt/home");
    machine.sh("echo kept > /mnt/nix/file");
    expect(machine.sh("cat /mnt/home/.nix/file")).toBe("kept");
    expect(machine.sh("stat -c '%u %a' /mnt/home/.nix")).toBe("0 755");
    expect(machine.sh("findmnt -rn -o OPTIONS /mnt/home")).toContain("nodev");
  });

  test("doing it again changes nothing", async () => {
    const device = await machine.disk("good", EXT4);
    await mount(device);
    machine.sh("echo kept > /mnt/home/file");
    const mounts = machine.sh("findmnt -rn");

    expect((await mount(device)).code).toBe(0);

    expect(machine.sh("findmnt -rn")).toBe(mounts);
    expect(machine.sh("cat /mnt/home/file")).toBe("kept");
  });

  test("a volume that is /nix itself, and one without a store, get no folder", async () => {
    const [one, other] = [await machine.disk("one", EXT4), await machine.disk("other", EXT4)];

    await machine.script("mountForInstall", [one, "/nix", "."]);
    await machine.script("mountForInstall", [other, "/data", ""]);

    expect(machine.sh("findmnt -rn -o SOURCE /mnt/nix")).toBe(one);
    expect(machine.sh("ls -A /mnt/data")).toBe("lost+found");
  });

  const foreign: [what: string, make: string, words: RegExp][] = [
    ["nothing at all", ":", /no file system.*never here.*delete it/s],
    ["random data", `head -c 1M /dev/urandom | dd of="$1" conv=notrunc status=none`, /no file system/],
    ["swap", 'mkswap -q "$1" || mkswap "$1" >/dev/null', /holds swap, not ext4/],
    ["ext2", 'mkfs.ext2 -q "$1"', /holds ext2, not ext4/],
    ["an encrypted volume", `printf 'LUKS\\272\\276\\000\\001' | dd of="$1" conv=notrunc status=none`, /holds crypto_LUKS, not ext4/],
    [
      "a partition table",
      String.raw`printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc status=none; printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none`,
      /no file system/,
    ],
  ];
  test.each(foreign)("a volume that holds %s is refused in words and left as it is", async (_what, make, words) => {
    const device = await machine.disk("foreign", make);
    const before = digest("foreign");

    const { code, stderr } = await mount(device);

    if (code === 0) throw new Error("it was mounted");
    expect(code).toBe(REFUSED);
    expect(stderr).toMatch(words);
    expect(digest("foreign")).toBe(before);
    expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
  });

  test("small damage is repaired, the data stays", async () => {
    const device = await machine.disk(
      "damaged",
      `${EXT4}; echo kept > "$1.txt"; debugfs -w -R "write $1.txt file" "$1" 2>/dev/null; debugfs -w -R "set_super_value free_blocks_count 1" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    );

    expect((await mount(device)).code).toBe(0);

    expect(machine.sh("cat /mnt/home/file")).toBe("kept");
  });

  test("damage that needs a person is refused, and not repaired", async () => {
    const device = await machine.disk(
      "broken",
      `${EXT4}; debugfs -w -R "clri <2>" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    );

    const { code, stderr } = await mount(device);

    expect(code).toBe(REFUSED);
    expect(stderr).toMatch(/without a person.*e2fsck -n/s);
    expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
  });

  test("a store folder that a user could exchange is refused", async () => {
    const linked = await machine.disk("linked", `${EXT4}; debugfs -w -R "symlink .nix elsewhere" "$1" 2>/dev/null`);
    expect((await mount(linked)).stderr).toContain("is a link");
    machine.sh("umount /mnt/home");

    const owned = await machine.disk(
      "owned",
      `${EXT4}; debugfs -w -R "mkdir .nix" "$1" 2>/dev/null; debugfs -w -R "set_inode_field .nix uid 1000" "$1" 2>/dev/null`,
    );
    const { code, stderr } = await mount(owned);
    expect(code).toBe(REFUSED);
    expect(stderr).toContain("belongs to user 1000");
  });

  test("a device that is not there, or is mounted elsewhere, is refused", async () => {
    const device = await machine.disk("good", EXT4);
    machine.sh(`mkdir /run/other && mount ${device} /run/other`);

    expect((await mount(device)).stderr).toContain("already mounted at /run/other");
    expect((await mount("/dev/disk/by-id/scsi-0HC_Volume_0")).stderr).toContain("is not here");
  });

  test("another file system at the mount point is refused", async () => {
    const [device, other] = [await machine.disk("good", EXT4), await machine.disk("other", EXT4)];
    machine.sh(`mkdir /mnt/home && mount ${other} /mnt/home`);

    const { code, stderr } = await mount(device);

    expect(code).toBe(REFUSED);
    expect(stderr).toContain(`carries another file system than ${device}`);
  });

  test("without a partitioned root disk nothing is mounted", async () => {
    const device = await machine.disk("good", EXT4);
    machine.sh("umount /mnt");

    expect((await mount(device)).stderr).toContain("the root disk was not partitioned");
  });
});

describeAsRoot("the last look before the root disk is partitioned", () => {
  test.each(["debian", "nixos"] as const)("refuses on %s, whatever disk is named", async (os) => {
    await start(os);
    const disk = await machine.disk("root", ":");

    const { code, stderr } = await machine.script("proveInstaller", [disk]);

    expect(code).toBe(REFUSED);
    expect(stderr).toContain("not the NixOS installer");
  });

  test("refuses when the root disk is a volume, or a volume is mounted", async () => {
    await start("installer");
    const [root, volume] = [await machine.disk("root", ":"), await machine.disk("volume", EXT4)];
    expect((await machine.script("proveInstaller", [root, volume])).code).toBe(0);

    expect((await machine.script("proveInstaller", [volume, volume])).stderr).toContain(`is the volume ${volume}`);
    machine.sh(`mkdir -p /mnt/home && mount ${volume} /mnt/home`);
    expect((await machine.script("proveInstaller", [root, volume])).stderr).toContain("is mounted at /mnt/home");
  });
});

describeAsRoot("releasing a volume", () => {
  async function mounted(os: OsRelease, at: string): Promise<string> {
    await start(os);
    const device = await machine.disk("volume", EXT4);
    machine.sh(`mkdir -p ${at} && mount ${device} ${at}`);
    return device;
  }
  const release = async (device: string, mountPoint: string): Promise<string> =>
    (await machine.script("releaseVolume", [device, mountPoint])).results.get("use");

  test("one that nothing uses, or that is not here any more, needs nothing", async () => {
    await start("nixos");
    const device = await machine.disk("volume", EXT4);

    expect(await release(device, "/srv/data")).toBe("none");
    expect(await release("/dev/disk/by-id/scsi-0HC_Volume_0", "/srv/data")).toBe("none");
  });

  test("one that is only mounted is written out and unmounted, with what is bound from it", async () => {
    const device = await mounted("nixos", "/srv/data");
    machine.sh("mkdir /srv/data/a /srv/bound && mount --bind /srv/data/a /srv/bound && echo kept > /srv/bound/file");

    expect(await release(device, "/srv/data")).toBe("ended");

    expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
    expect(machine.sh(`mount ${device} /srv/data && cat /srv/data/a/file`)).toBe("kept");
  });

  test("processes that hold on to it are ended, others are left alone", async () => {
    const device = await mounted("nixos", "/srv/data");
    const polite = machine.start("cd /srv/data; echo in; exec sleep 1000");
    const stubborn = machine.start("trap '' TERM; exec 7>/srv/data/file; echo in; while :; do sleep 1; done");
    const other = machine.start("cd /run; echo in; exec sleep 1000");
    const processes = [polite, stubborn, other];
    try {
      for (const process of processes) if (process.stdout) await once(process.stdout, "data");

      expect(await release(device, "/srv/data")).toBe("ended");

      expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
      expect(other.exitCode ?? other.signalCode).toBeNull();
    } finally {
      for (const process of processes) process.kill("SIGKILL");
    }
  });

  test("one that carries the running system's store is left alone: only a power-off ends that", async () => {
    const device = await mounted("nixos", "/srv/data");
    machine.sh("mkdir -p /srv/data/.nix /nix && mount --bind /srv/data/.nix /nix");

    expect(await release(device, "/srv/data")).toBe("system it carries /nix");

    expect(machine.sh(`findmnt -rn -o TARGET -S ${device}`)).toContain("/srv/data");
  });

  test("in the installer a half-done installation is simply unmounted", async () => {
    const device = await mounted("installer", "/mnt/home");
    machine.sh("mkdir -p /mnt/home/.nix /mnt/nix && mount --bind /mnt/home/.nix /mnt/nix");

    expect(await release(device, "/home")).toBe("ended");

    expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
  });
});

describeAsRoot("generations of former servers", () => {
  test("leave the boot menu, while their store paths stay held", async () => {
    await start("installer");
    machine.sh("mkdir -p /mnt/nix/var/nix/profiles /mnt/nix/store/aaa-nixos /mnt/nix/store/bbb-nixos");
    machine.sh(
      "cd /mnt/nix/var/nix/profiles; ln -s /nix/store/aaa-nixos system-3-link; ln -s /nix/store/bbb-nixos system-4-link; ln -s system-4-link system; ln -s /x per-user",
    );

    const { results } = await machine.script("pruneGenerations");

    expect(results.get("pruned")).toBe("2");
    expect(machine.sh("ls /mnt/nix/var/nix/profiles")).toBe("per-user");
    expect(machine.sh("cd /mnt/nix/var/nix/gcroots/nixos-vps-former; readlink *")).toBe("/nix/store/aaa-nixos\n/nix/store/bbb-nixos");
    expect((await machine.script("pruneGenerations")).results.get("pruned")).toBe("0");
  });
});

describeAsRoot("the lock on the machine", () => {
  test("a script waits for one whose operator was killed", async () => {
    await start("installer");
    const device = await machine.disk("volume", EXT4);
    // It ends when somebody waits for it, and looks whether anybody did not.
    const orphan = machine.start(
      `mkdir -p /run/nixos-vps; exec 9>/run/nixos-vps.lock; flock 9; echo in
       until grep -q -- '-> FLOCK' /proc/locks || mountpoint -q /mnt/home; do sleep 0.05; done
       if mountpoint -q /mnt/home; then echo worked beside >/run/outcome; else echo waited >/run/outcome; fi`,
    );
    if (!orphan.stdout) throw new Error("no stdout");
    await once(orphan.stdout, "data");

    const outcome = await machine.script("mountForInstall", [device, "/home", ""]);

    expect(outcome.code).toBe(0);
    if (orphan.exitCode === null) await once(orphan, "exit");
    expect(machine.sh("cat /run/outcome")).toBe("waited");
  });
});
