// The crypttab of each layout, read by systemd's own generator: in which order volumes are opened, and what becomes of a boot without one.
import { EARLY, LATE } from "../../conformance/kernel/example";
import { describeEvaluated } from "./support/evaluation";
import { cryptsetupGenerator, timeoutOf, unitsOfCrypttab, type Units } from "./support/generators";
import { testWith } from "./support/programs";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(600_000);

const home = "systemd-cryptsetup@volume\\x2dhome.service";
const media = "systemd-cryptsetup@volume\\x2dmedia.service";
const device = (id: number): string => `dev-disk-by\\x2did-scsi\\x2d0HC_Volume_${id}`;

describeEvaluated("the crypttab of each layout", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });
  const system = (name: string): Rendered => only(systems[name], `system ${name}`);
  const boot = (name: string): Units => unitsOfCrypttab(system(name).crypttab, false);
  const initrd = (name: string): Units => unitsOfCrypttab(system(name).initrdCrypttab, true);

  testWith([cryptsetupGenerator], "a store volume is opened in the initrd when the root disk, which has its key, is mounted", () => {
    const units = initrd("encrypted");
    // Newer ones only wish for the mount beside `nofail`; the order is the same.
    expect(units.get(home)).toMatch(/(Requires|Wants)MountsFor=\/sysroot\/etc\/secrets\/volumes\/home/);
    expect(units.get(home)).toContain("'/dev/disk/by-id/scsi-0HC_Volume_101' '/sysroot/etc/secrets/volumes/home'");
    // The mount of the volume is what asks for it.
    expect([...units.keys()]).toContain(`dev-mapper-volume\\x2dhome.device.requires/${home}`);
    expect(timeoutOf(units, device(101))).toContain("JobRunningTimeoutSec=120s");
  });

  testWith([cryptsetupGenerator], "what the root disk may have to wait for never waits for a volume", () => {
    for (const name of ["encrypted", "luks"]) {
      const units = initrd(name);
      expect(units.get(home)).not.toContain("Before=cryptsetup.target");
      expect([...units.keys()]).not.toContain(`cryptsetup.target.requires/${home}`);
    }
    expect(initrd("luks").get("systemd-cryptsetup@root.service")).toContain("Before=cryptsetup.target");
  });

  testWith([cryptsetupGenerator], "a loose volume is opened by the system itself, which boots without it and asks nobody", () => {
    const units = boot("encrypted");
    expect(initrd("encrypted").has(media)).toBe(false);
    expect(units.get(media)).toMatch(/(Requires|Wants)MountsFor=\/etc\/secrets\/volumes\/media/);
    expect(units.get(media)).not.toContain("Before=cryptsetup.target");
    expect(units.get(media)).toMatch(/'luks,.*headless=true/);
    // It is let go of before the machine is off.
    expect(units.get(media)).toContain("Conflicts=umount.target");
    expect([...units.keys()]).toContain(`dev-mapper-volume\\x2dmedia.device.requires/${media}`);
    expect(timeoutOf(units, device(102))).toContain("JobRunningTimeoutSec=15s");
  });

  test("a blank volume is never taken for a plain one, and no volume tells which of its blocks are free", () => {
    const lines = ["encrypted", "luks"].flatMap((name) =>
      `${system(name).initrdCrypttab}${system(name).crypttab}`.split("\n").filter((line) => line.startsWith("volume-")),
    );
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).toMatch(/ luks,/);
      expect(line).not.toContain("discard");
    }
  });

  test("the key may be read by nobody but root, and never is in the store", () => {
    for (const name of ["encrypted", "luks"]) {
      expect(system(name).tmpfiles).toContain("z /etc/secrets/volumes/home 0600 root root -");
      expect(`${system(name).initrdCrypttab}${system(name).crypttab}`).not.toContain("/nix/store");
    }
  });

  test("a real systemd is tried with these very lines (npm run conformance -- kernel)", () => {
    const { fstab, crypttab, initrdFstab, initrdCrypttab } = system("encrypted");
    expect(initrdFstab.replace(/^.* \/nix .*\n/m, "").trim()).toBe(EARLY.fstab.trim());
    expect(initrdCrypttab.trim()).toBe(EARLY.crypttab.trim());
    expect(fstab).toContain(LATE.fstab);
    expect(crypttab).toBe(LATE.crypttab);
  });

  test("with key files nobody waits for a passphrase; without them the initrd takes it for every volume", () => {
    expect(system("encrypted").unlock).toBe(false);
    const asked = system("asked");
    expect(asked.unlock).toBe(true);
    expect(asked.crypttab).toBe("");
    expect(asked.initrdCrypttab).toContain("volume-home /dev/disk/by-id/scsi-0HC_Volume_101 - ");
    expect(asked.initrdCrypttab).toContain("volume-media /dev/disk/by-id/scsi-0HC_Volume_102 - nofail,x-systemd.device-timeout=15s");
  });
});
