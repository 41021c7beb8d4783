// The fstab of every layout, read by systemd's own generator: what it makes of it is what the machine does at boot.
import { describeEvaluated } from "./support/evaluation";
import { fstabGenerator as generator, timeoutOf, unitsOfFstab, type Units } from "./support/generators";
import { testWith } from "./support/programs";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(600_000);

describeEvaluated("the fstab of each layout", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });
  const system = (name: string): Rendered => only(systems[name], `system ${name}`);
  const boot = (name: string): Units => unitsOfFstab(system(name).fstab, false);
  const initrd = (name: string): Units => unitsOfFstab(system(name).initrdFstab, true);

  testWith([generator], "none: everything is on the root disk", () => {
    const units = boot("minimal");
    expect([...units.keys()].filter((name) => /^[^/]+\.mount$/.test(name)).sort()).toEqual(["-.mount", "boot.mount"]);
  });

  testWith([generator], "home + store: the initrd requires both, in order, and waits as long as it must", () => {
    const units = initrd("devserver");
    expect([...units.keys()]).toEqual(
      expect.arrayContaining(["initrd-fs.target.requires/sysroot-home.mount", "initrd-fs.target.requires/sysroot-nix.mount"]),
    );
    expect(units.get("sysroot-home.mount")).toContain("Before=initrd-fs.target");
    expect(units.get("sysroot-home.mount")).not.toContain("nofail");
    expect(units.get("sysroot-nix.mount")).toContain("RequiresMountsFor=/sysroot/home");
    expect(units.get("sysroot-nix.mount")).toContain("What=/home/.nix");
    const timeout = [...units].find(([name]) => name.endsWith("50-device-timeout.conf") && name.includes("HC_Volume"));
    expect(timeout?.[1]).toContain("JobRunningTimeoutSec=120s");
    // Grown after `pulumi up` has made the volume bigger.
    expect([...units.keys()]).toContain("systemd-growfs@sysroot-home.service");
  });

  testWith([generator], "home: boots without it, but lets nothing start before it has been tried", () => {
    expect(system("openclaw-x86").initrdFstab).not.toContain("/home");
    const units = boot("openclaw-x86");
    expect([...units.keys()]).toContain("local-fs.target.wants/home.mount");
    expect([...units.keys()]).not.toContain("local-fs.target.requires/home.mount");
    expect(units.get("home.mount")).toContain("Before=local-fs.target");
    const timeout = [...units].find(([name]) => name.endsWith("50-device-timeout.conf") && name.includes("HC_Volume"));
    expect(timeout?.[1]).toContain("JobRunningTimeoutSec=15s");
  });

  testWith([generator], "home: a volume that comes later is mounted when it is seen", () => {
    const device = "dev-disk-by\\x2did-scsi\\x2d0HC_Volume_101.device";
    expect([...boot("openclaw-x86").keys()]).toContain(`${device}.wants/home.mount`);
  });

  testWith([generator], "separate volumes: /nix by itself in the initrd, the others loose", () => {
    const early = initrd("separate");
    expect([...early.keys()]).toContain("initrd-fs.target.requires/sysroot-nix.mount");
    expect(early.get("sysroot-nix.mount")).toContain("What=/dev/disk/by-id/scsi-0HC_Volume_102");
    expect(early.has("sysroot-home.mount")).toBe(false);
    const late = boot("separate");
    expect([...late.keys()]).toEqual(expect.arrayContaining(["local-fs.target.wants/home.mount", "local-fs.target.wants/srv-media.mount"]));
  });

  const store = "dev-mapper-volume\\x2dhome";

  testWith([generator], "LUKS with a key file: the opened device is waited for as long as any other", () => {
    const units = initrd("encrypted");
    expect(units.get("sysroot-home.mount")).toContain("What=/dev/mapper/volume-home");
    expect(timeoutOf(units, store)).toContain("JobRunningTimeoutSec=120s");
    expect(units.get("sysroot-nix.mount")).toContain("RequiresMountsFor=/sysroot/home");
  });

  testWith([generator], "LUKS with a key file: a loose volume that comes later is opened and mounted when it is seen", () => {
    const units = boot("encrypted");
    expect(system("encrypted").initrdFstab).not.toContain("media");
    expect(units.get("srv-media.mount")).toContain("What=/dev/mapper/volume-media");
    expect(units.get("srv-media.mount")).toContain("Before=local-fs.target");
    expect([...units.keys()]).toContain("local-fs.target.wants/srv-media.mount");
    expect([...units.keys()]).toContain("dev-disk-by\\x2did-scsi\\x2d0HC_Volume_102.device.wants/srv-media.mount");
    // Somebody who opens it to initialise it has no file system on it yet.
    expect([...units.keys()]).not.toContain("dev-mapper-volume\\x2dmedia.device.wants/srv-media.mount");
    expect(timeoutOf(units, "dev-mapper-volume\\x2dmedia")).toContain("JobRunningTimeoutSec=45s");
  });

  testWith([generator], "LUKS without a key file: the store's device is waited for until somebody has typed the passphrase", () => {
    const units = initrd("asked");
    expect(units.get("sysroot-home.mount")).toContain("What=/dev/mapper/volume-home");
    expect(timeoutOf(units, store)).toContain("JobRunningTimeoutSec=infinity");
  });

  testWith([generator], "LUKS on the root disk: neither it nor what its file system holds the key of is given up", () => {
    const units = initrd("luks");
    expect(timeoutOf(units, store)).toContain("JobRunningTimeoutSec=infinity");
    // An initrd that gives up starts the machine again.
    expect(system("luks").kernelParams).toEqual(expect.arrayContaining(["panic=30", "boot.panic_on_fail"]));
    expect(timeoutOf(units, "dev-mapper-root")).toContain("JobRunningTimeoutSec=infinity");
    expect(system("luks").luks).toEqual({
      root: "/dev/disk/by-partlabel/disk-main-root",
      "volume-home": "/dev/disk/by-id/scsi-0HC_Volume_101",
    });
  });

  testWith([generator], "ZFS: the pool's datasets and the ext4 volume are mounted in one order by one fstab", () => {
    const early = initrd("zfs");
    expect([...early.keys()]).toEqual(
      expect.arrayContaining(["initrd-fs.target.requires/sysroot-var.mount", "initrd-fs.target.requires/sysroot-home.mount"]),
    );
    expect(early.get("sysroot-var.mount")).toContain("What=rpool/var");
  });

  test("no volume is ever in disko's list, whatever the layout", () => {
    for (const [name, { diskoDisks, create, facts }] of Object.entries(systems)) {
      expect([name, diskoDisks]).toEqual([name, [facts.hardware.rootDisk]]);
      expect([name, create.includes("HC_Volume")]).toEqual([name, false]);
    }
  });
});
