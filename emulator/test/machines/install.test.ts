import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anywhere, installed, mountVolume } from "./installed";
import { asRoot, knownHosts, newHostKey, rig, type Rig, userDataWith } from "./support";
import { evaluator, system } from "./systems";

asRoot("installing NixOS", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  test("from the cloud image to a NixOS whose store is on the volume", async () => {
    await it.server(1);
    await it.host.createVolume(7, 10, "ext4");
    await it.host.attachVolume(1, 7);
    const description = system({ serverId: 1, volumeId: 7, keys: [it.publicKey] });

    expect(await anywhere(it, 1, "kexec,disko", description)).toMatch(/^###.*Done! ###$/ms);
    expect(await it.on(1, "grep VARIANT_ID /etc/os-release; findmnt -rno TARGET | grep mnt")).toBe("VARIANT_ID=installer\n/mnt\n/mnt/boot");
    await mountVolume(it, 1, 7);
    expect(await anywhere(it, 1, "install,reboot", description, "--copy-host-keys")).toMatch(/^###.*Done! ###$/ms);
    await it.until(/^boot nixos/);

    expect(await it.on(1, "hostname; cat /etc/os-release | head -1; findmnt -rno TARGET,SOURCE /nix; systemctl is-system-running")).toBe(
      "devserver\nNAME=NixOS\n/nix /dev/sda[/.nix]\nrunning",
    );
    expect(await it.on(1, "readlink -f /run/current-system")).toMatch(/^\/nix\/store\/[a-z0-9]{32}-nixos-system-devserver-/);
    expect((await it.ssh(1, "id -un; pwd", { user: "alice" })).stdout).toBe("alice\n/home/alice\n");
    expect(it.host.served.isServed("devserver")).toBe(true);
    expect(it.journal.violations()).toEqual([]);
  });

  test("the host key is the one of cloud-init until the end when it is copied, and the given one with --extra-files", async () => {
    const first = await newHostKey(it.folder, "first");
    const second = await newHostKey(it.folder, "second");
    await it.server(1, { userData: userDataWith(first) });
    const extra = join(it.folder, "extra/etc/ssh");
    await mkdir(extra, { recursive: true });
    await writeFile(join(extra, "ssh_host_ed25519_key"), second.privateKey, { mode: 0o600 });
    const description = system({ serverId: 1, keys: [it.publicKey] });
    const answersWith = async (publicKey: string) => {
      const file = await knownHosts(it.folder, "pinned", publicKey);
      return (
        (
          await it.ssh(1, "true", {
            args: ["-o", `UserKnownHostsFile=${file}`, "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=pinned"],
          })
        ).code === 0
      );
    };

    await anywhere(it, 1, "kexec,disko", description);
    expect(await answersWith(first.publicKey)).toBe(true);
    await anywhere(it, 1, "install,reboot", description, "--extra-files", join(it.folder, "extra"), "--chown", "/etc/ssh", "0:0");
    await it.until(/^boot nixos/);

    expect(await answersWith(second.publicKey)).toBe(true);
    expect(await it.on(1, "stat -c %a /etc/ssh/ssh_host_ed25519_key")).toBe("600");
  });

  test("a machine of the other architecture has UEFI and boots by systemd-boot", async () => {
    await it.server(1, { architecture: "arm" });
    expect(await it.on(1, "uname -m; ls -d /sys/firmware/efi")).toBe("aarch64\n/sys/firmware/efi");
    const description = system({ serverId: 1, keys: [it.publicKey], change: { system: "aarch64-linux" } });

    await anywhere(it, 1, "kexec,disko,install,reboot", description, "--copy-host-keys");
    await it.until(/^boot nixos/);

    expect(await it.on(1, "cat /boot/loader/loader.conf")).toContain("default nixos-generation-1.conf");
  });

  test("the store that was left on the root disk does not boot when /nix should come from the volume's folder and is not there", async () => {
    await it.host.createVolume(7, 10, "ext4");
    const description = system({ serverId: 1, volumeId: 7, keys: [it.publicKey] });
    // /home is needed for boot only if it says so; /nix alone does not make it so (nixpkgs#287523).
    description.fileSystems["/home"] = {
      ...description.fileSystems["/home"],
      neededForBoot: false,
    } as (typeof description.fileSystems)[string];
    await it.server(1);
    await it.host.attachVolume(1, 7);
    await anywhere(it, 1, "kexec,disko", description);
    await mountVolume(it, 1, 7);
    await anywhere(it, 1, "install,reboot", description);

    await it.until(/^boot emergency the closure .* was not found/);
  });

  test("a restarted emulator uses disks as they are, and what ran boots", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await installed(it, 1, { volumeId: 7 });
    await it.on(1, "echo precious >/home/file; echo here >/root/file");
    await it.host.close();

    const again = await it.restarted();
    const since = it.journal.entries.length;
    await again.restore?.({ servers: [{ spec: it.spec(1), running: true, volumes: [7] }], volumes: [{ id: 7, sizeGB: 10 }] });
    await it.until(/^boot nixos/, since);

    expect(await it.on(1, "cat /home/file /root/file")).toBe("precious\nhere");
  });

  test("what nixos-anywhere does not know, or cannot do here, it refuses before the target is touched", async () => {
    const description = system({ serverId: 1, keys: [it.publicKey] });
    expect(await anywhere(it, 1, "disko,boot", description)).toContain("exit code 1: nixos-anywhere: Unknown phase: boot");
    expect(await anywhere(it, 1, "disko", description, "--bogus")).toContain(
      "exit code 1: nixos-anywhere: unrecognised option or argument: --bogus",
    );
    expect(await anywhere(it, 1, "disko", description, "--vm-test")).toContain("--vm-test is not emulated");
  });
});
