// An operator's computer for nixos-anywhere: keys, an `ssh` that knows the way to emulated servers, a `nix` that makes store paths up.
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import execa from "execa";
import type { SystemDescription } from "../../emulator/src/machines";
import type { Target } from "./target";

const OPERATOR = join(__dirname, "../../emulator/operator");

/** Only to end in words what would wait for ever: the script's own loops have no limit. */
const LONGEST_MS = 600_000;

interface Means {
  script: string;
  env: NodeJS.ProcessEnv;
  sshConfig: string;
}

export class Operator {
  private constructor(
    private readonly folder: string,
    private readonly means: Means,
    readonly publicKey: string,
    /** Public half of the host key among the extra files. */
    readonly hostKey: string,
  ) {}

  static async prepare(folder: string, means: Means): Promise<Operator> {
    const paths = ["home/.ssh", "bin", "store", "flakes", "extra/etc/ssh", "extra/home/alice"].map((each) => join(folder, each));
    for (const path of paths) await mkdir(path, { recursive: true });
    await newKey(join(folder, "key"));
    await newKey(join(folder, "extra/etc/ssh/ssh_host_ed25519_key"));
    await writeFile(join(folder, "extra/home/alice/file"), "precious\n");
    const operator = new Operator(
      folder,
      means,
      `ssh-ed25519 ${await publicHalf(join(folder, "key"))}`,
      await publicHalf(join(folder, "extra/etc/ssh/ssh_host_ed25519_key")),
    );
    await operator.writePrograms();
    await execa("tar", ["-C", OPERATOR, "-czf", operator.kexecTarball, "kexec"]);
    return operator;
  }

  get extraFiles(): string {
    return join(this.folder, "extra");
  }

  /** The emulated installer's image, in the form of the real one. */
  get kexecTarball(): string {
    return join(this.folder, "installer.tar.gz");
  }

  get key(): string {
    return join(this.folder, "key");
  }

  /** Runs the script to its end, whatever that is. */
  async nixosAnywhere(args: readonly string[], target: Target): Promise<{ code: number | string; output: string }> {
    const flake = await this.writeFlake(target);
    const all = [...args, "--flake", flake, "-i", this.key, "--target-host", `root@${target.address}`];
    const child = await execa("bash", [this.means.script, ...all], {
      env: this.env,
      extendEnv: false,
      all: true,
      reject: false,
      stdin: "ignore",
      timeout: LONGEST_MS,
    });
    return { code: child.timedOut ? `nothing after ${LONGEST_MS / 1000} s` : child.exitCode, output: child.all ?? "" };
  }

  /** The system that the target is to run. */
  async systemOf(target: Target): Promise<string> {
    await this.writeFlake(target);
    const toplevel = `${this.flakeFolder(target)}#nixosConfigurations."${target.name}".config.system.build.toplevel`;
    const { stdout } = await execa("nix", ["build", "--print-out-paths", toplevel], { env: this.env, extendEnv: false });
    return stdout.trim();
  }

  private flakeFolder(target: Target): string {
    return join(this.folder, "flakes", target.name);
  }

  ssh(address: string, command: string) {
    const known = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"];
    const login = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", this.key, `root@${address}`];
    return execa("ssh", [...known, ...login, command], { env: this.env, extendEnv: false, reject: false, stdin: "ignore" });
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      ...this.means.env,
      HOME: join(this.folder, "home"),
      PATH: [join(this.folder, "bin"), join(OPERATOR, "nix"), this.means.env["PATH"]].join(":"),
      HCLOUD_EMULATOR_EVALUATOR: JSON.stringify(["sh", "-c", 'cat "$1/$2.json"', "evaluator"]),
      HCLOUD_EMULATOR_STORE: join(this.folder, "store"),
      HCLOUD_EMULATOR_NODE: process.execPath,
      HCLOUD_EMULATOR_TSX: require.resolve("tsx/cjs"),
    };
  }

  private async writePrograms(): Promise<void> {
    const { stdout } = await execa("sh", ["-c", "command -v ssh"]);
    const shim = join(this.folder, "bin/ssh");
    await writeFile(shim, `#!/bin/sh\nexec '${stdout.trim()}' -F '${this.means.sshConfig}' "$@"\n`);
    await chmod(shim, 0o755);
  }

  /** A flake that the emulator's `nix` reads: a description of the system, by name. */
  private async writeFlake(target: Target): Promise<string> {
    const folder = this.flakeFolder(target);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "flake.nix"), "{ }\n");
    await writeFile(join(folder, `${target.name}.json`), JSON.stringify(this.describe(target)));
    return `${folder}#${target.name}`;
  }

  private describe(target: Target): SystemDescription {
    const keys = [this.publicKey];
    return {
      hostName: target.name,
      system: "x86_64-linux",
      kernel: "6.12.63",
      initrd: "systemd",
      kernelParams: ["console=tty0"],
      closure: ["glibc-2.42", "systemd-258", "openssh-10.2p1"],
      disko: { device: target.rootDisk, rootFileSystem: "ext4", encrypted: false },
      fileSystems: {},
      openssh: { ports: [22], hostKeys: ["/etc/ssh/ssh_host_ed25519_key"] },
      users: {
        root: { uid: 0, gid: 0, home: "/root", wheel: false, authorizedKeys: keys },
        alice: { uid: 1000, gid: 100, home: "/home/alice", wheel: true, authorizedKeys: keys },
      },
      units: {},
      health: {},
      etc: {},
    };
  }
}

async function newKey(path: string): Promise<void> {
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "conformance", "-f", path]);
}

async function publicHalf(path: string): Promise<string> {
  return (await readFile(`${path}.pub`, "utf8")).split(" ")[1] ?? "";
}
