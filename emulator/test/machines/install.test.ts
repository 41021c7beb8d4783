import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asRoot, rig, type Rig, run } from "./support";
import { evaluator, system, writeFlake } from "./systems";

asRoot("installing NixOS", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  /** Runs nixos-anywhere with an `ssh` in front of its PATH that knows the way. */
  const anywhere = async (phases: string, flake: string, ...more: string[]): Promise<string> => {
    await shim(it);
    const env = { ...process.env, PATH: `${it.folder}/shim:${it.host.operatorBin}:${process.env.PATH ?? ""}` };
    const result = await run(
      "nixos-anywhere",
      ["--phases", phases, "--flake", `${flake}#devserver`, "-i", it.key, ...more, "root@198.18.0.1"],
      "",
      env,
    );
    return `${result.code === 0 ? "" : `exit code ${result.code}: `}${result.stderr}`;
  };

  test("from the cloud image to a NixOS whose store is on the volume", async () => {
    await it.server(1);
    await it.host.createVolume(7, 10, "ext4");
    await it.host.attachVolume(1, 7);
    const flake = await writeFlake(join(it.folder, "flake"), system({ serverId: 1, volumeId: 7, keys: [it.publicKey] }));

    expect(await anywhere("kexec,disko", flake)).toMatch(/^###.*Done! ###$/ms);
    expect(await it.on(1, "grep VARIANT_ID /etc/os-release; findmnt -rno TARGET | grep mnt")).toBe("VARIANT_ID=installer\n/mnt\n/mnt/boot");
    await it.on(
      1,
      "mkdir -p /mnt/home /mnt/nix && mount /dev/disk/by-id/scsi-0HC_Volume_7 /mnt/home && mkdir -p /mnt/home/.nix && mount --bind /mnt/home/.nix /mnt/nix",
    );
    expect(await anywhere("install,reboot", flake, "--copy-host-keys")).toMatch(/^###.*Done! ###$/ms);
    await it.until(/^boot nixos/);

    expect(await it.on(1, "hostname; cat /etc/os-release | head -1; findmnt -rno TARGET,SOURCE /nix; systemctl is-system-running")).toBe(
      "devserver\nNAME=NixOS\n/nix /dev/sda[/.nix]\nrunning",
    );
    expect(await it.on(1, "readlink -f /run/current-system")).toMatch(/^\/nix\/store\/[a-z0-9]{32}-nixos-system-devserver-/);
    expect((await it.ssh(1, "id -un; pwd", { user: "alice" })).stdout).toBe("alice\n/home/alice\n");
    expect(it.host.served.isServed("devserver")).toBe(true);
    expect(it.journal.violations()).toEqual([]);
  });
});

async function shim(it: Rig): Promise<void> {
  await mkdir(join(it.folder, "shim"), { recursive: true });
  const ssh = (await run("sh", ["-c", "command -v ssh"])).stdout.trim();
  await writeFile(join(it.folder, "shim/ssh"), `#!/bin/sh\nexec ${ssh} -F ${it.host.sshConfig} -o LogLevel=ERROR "$@"\n`, { mode: 0o755 });
}
