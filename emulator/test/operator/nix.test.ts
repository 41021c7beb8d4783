import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asRoot, containing, rig, type Ran, type Rig, run } from "../machines/support";
import { evaluator, system, writeFlake } from "../machines/systems";

const PROGRAM = join(__dirname, "../../operator/nix/nix");
const FLAGS = ["--extra-experimental-features", "nix-command flakes"];

asRoot("the operator's nix, as the real nixos-anywhere calls it", () => {
  let it: Rig;
  let flake: string;
  beforeEach(async () => {
    it = await rig({ evaluator });
    flake = await writeFlake(join(it.folder, "flake"), system({ serverId: 1, keys: [it.publicKey] }));
    const shim = join(it.folder, "shim");
    await mkdir(shim);
    const ssh = (await run("sh", ["-c", "command -v ssh"])).stdout.trim();
    await writeFile(join(shim, "ssh"), `#!/bin/sh\nexec ${ssh} -F ${it.host.sshConfig} "$@"\n`, { mode: 0o755 });
  });
  afterEach(() => it.close());

  const nix = (...args: string[]): Promise<Ran> =>
    run(PROGRAM, args, "", {
      ...process.env,
      PATH: `${join(it.folder, "shim")}:${process.env.PATH ?? ""}`,
      HCLOUD_EMULATOR_EVALUATOR: JSON.stringify(evaluator),
      HCLOUD_EMULATOR_STORE: join(it.folder, "made-up"),
      HCLOUD_EMULATOR_NODE: process.execPath,
      HCLOUD_EMULATOR_TSX: require.resolve("tsx/cjs"),
      NIX_SSHOPTS: `-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR -o IdentitiesOnly=yes -i ${it.key}`,
    });
  const part = (output: string): string => `${flake}#nixosConfigurations."devserver".config.${output}`;

  test("makes the same paths of the same system, and another disko script for each mode", async () => {
    const build = async (output: string): Promise<string> =>
      (await nix("build", "--print-out-paths", "--no-link", ...FLAGS, "--no-write-lock-file", part(output))).stdout.trim();
    const toplevel = await build("system.build.toplevel");
    expect(toplevel).toMatch(/^\/nix\/store\/[0-9a-z]{32}-nixos-system-devserver-/);
    expect(await build("system.build.toplevel")).toBe(toplevel);
    expect(await build("system.build.diskoScript")).not.toBe(await build("system.build.mountScript"));
  });

  test("copies what is not there, into memory or below /mnt, so that it can be run and installed", async () => {
    await it.server(1);
    const disko = (await nix("build", part("system.build.diskoScriptNoDeps"))).stdout.trim();
    expect(await nix("copy", ...FLAGS, "--to", "ssh://root@198.18.0.1?compress=true", disko)).toMatchObject({ code: 0, stderr: "" });
    expect(await it.on(1, `cat ${disko}`)).toContain("emulator-disko disko /dev/disk/by-id/scsi-0QEMU_");

    const toplevel = (await nix("build", part("system.build.toplevel"))).stdout.trim();
    const to = "ssh://root@198.18.0.1?remote-store=local%3Froot=%2Fmnt&compress=true";
    for (let times = 0; times < 2; times++) expect(await nix("copy", "--to", to, toplevel)).toMatchObject({ code: 0 });
    expect(await it.on(1, `test -x /mnt${toplevel}/init && ls /mnt/nix/store | grep -c .`)).toBe("7");
    expect(it.journal.entries.filter(({ text }) => text.startsWith("store paths copied to /mnt"))).toHaveLength(1);
  });

  test("answers what the script asks of settings and of the flake", async () => {
    expect((await nix(...FLAGS, "config", "show", "system")).stdout).toBe("x86_64-linux\n");
    expect((await nix(...FLAGS, "eval", "--raw", `${flake}#nixosConfigurations."devserver".config.pkgs.system`)).stdout).toBe(
      "x86_64-linux\n",
    );
  });

  test("refuses what it does not do, and makes nothing up for it", async () => {
    expect(await nix("develop")).toMatchObject({ code: 1, stderr: containing("nix develop is not emulated") });
    expect(await nix("build", "--profile", "x")).toMatchObject({ code: 1, stderr: containing("--profile") });
    expect(await nix("build", part("system.build.isoImage"))).toMatchObject({ code: 1, stderr: containing("is not emulated") });
    expect(await nix("build", `${flake}#nixosConfigurations."other".config.system.build.toplevel`)).toMatchObject({
      code: 1,
      stderr: containing("flake does not provide attribute other"),
    });
    expect(await nix("copy", "--to", "ssh://root@198.18.0.1", "/nix/store/nobody-built-this")).toMatchObject({
      code: 1,
      stderr: containing("is not valid"),
    });
  });
});
