// The fstab of every layout, read by systemd's own generator: what it makes of it is what the machine does at boot.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeEvaluated } from "./support/evaluation";
import { testWith } from "./support/programs";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(600_000);

const generator = "/lib/systemd/system-generators/systemd-fstab-generator";

/** Unit files and links that systemd makes of an fstab, by their path below the generator's folder. */
function generate(fstab: string, initrd: boolean): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "vps-fstab-"));
  try {
    writeFileSync(join(folder, "fstab"), fstab);
    writeFileSync(join(folder, "none"), "");
    const out = ["normal", "early", "late"].map((name) => join(folder, name));
    for (const path of out) mkdirSync(path);
    const environment = initrd
      ? {
          SYSTEMD_IN_INITRD: "1",
          SYSTEMD_SYSROOT_FSTAB: join(folder, "fstab"),
          SYSTEMD_FSTAB: join(folder, "none"),
          SYSTEMD_PROC_CMDLINE: "",
        }
      : {
          SYSTEMD_IN_INITRD: "0",
          SYSTEMD_FSTAB: join(folder, "fstab"),
          SYSTEMD_SYSROOT_FSTAB: join(folder, "none"),
          SYSTEMD_PROC_CMDLINE: "",
        };
    const run = spawnSync(generator, out, { encoding: "utf8", env: environment });
    if (run.status !== 0) throw new Error(run.stderr);
    const normal = only(out[0], "folder");
    return new Map(
      readdirSync(normal, { recursive: true, encoding: "utf8" }).flatMap((name): [string, string][] => {
        try {
          return [[name, existsSync(join(normal, name)) ? readFileSync(join(normal, name), "utf8") : ""]];
        } catch {
          return [];
        }
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describeEvaluated("the fstab of each layout", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });
  const system = (name: string): Rendered => only(systems[name], `system ${name}`);
  const boot = (name: string): Map<string, string> => generate(system(name).fstab, false);
  const initrd = (name: string): Map<string, string> => generate(system(name).initrdFstab, true);

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

  testWith([generator], "LUKS: the store's device is waited for until somebody has typed the passphrase", () => {
    const units = initrd("luks");
    expect(units.get("sysroot-home.mount")).toContain("What=/dev/mapper/volume-home");
    const timeout = [...units].find(([name]) => name.endsWith("50-device-timeout.conf") && name.includes("volume"));
    expect(timeout?.[1]).toContain("JobRunningTimeoutSec=infinity");
    // An initrd that gives up starts the machine again: it must not give up on the root disk either.
    expect(system("luks").kernelParams).toEqual(expect.arrayContaining(["panic=30", "boot.panic_on_fail"]));
    expect(units.get("dev-mapper-root.device.d/50-device-timeout.conf")).toContain("JobRunningTimeoutSec=infinity");
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
