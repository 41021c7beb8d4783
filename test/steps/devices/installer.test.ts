// What is done in the installer around the volumes: the last look before partitioning, former generations, one script at a time.
import { once } from "node:events";
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
    const [root, volume] = [await machine.disk("root", ":"), await machine.disk("volume", NEW_EXT4)];
    expect((await machine.script("proveInstaller", [root, volume])).code).toBe(0);

    expect((await machine.script("proveInstaller", [volume, volume])).stderr).toContain(`is the volume ${volume}`);
    machine.sh(`mkdir -p /mnt/home && mount ${volume} /mnt/home`);
    expect((await machine.script("proveInstaller", [root, volume])).stderr).toContain("is mounted at /mnt/home");
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

describeAsRoot("what a former server would have gone back to", () => {
  test.each(["nixos-vps-previous", "nixos-vps-before-boot"])("is held with its generations, and no longer (%s)", async (root) => {
    await start("installer");
    machine.sh(
      `mkdir -p /mnt/nix/var/nix/profiles /mnt/nix/var/nix/gcroots; cd /mnt/nix/var/nix/gcroots; ln -s /nix/store/aaa-nixos ${root}; ln -s /x auto`,
    );

    for (let again = 0; again < 2; again++) {
      expect((await machine.script("pruneGenerations")).results.get("pruned")).toBe("0");
      expect(machine.sh("cd /mnt/nix/var/nix/gcroots; ls; readlink nixos-vps-former/*")).toBe(
        "auto\nnixos-vps-former\n/nix/store/aaa-nixos",
      );
    }
  });
});

describeAsRoot("the lock on the machine", () => {
  test("a script waits for one whose operator was killed", async () => {
    await start("installer");
    const device = await machine.disk("volume", NEW_EXT4);
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
