// The person at the keyboard: an ssh key of their own and a way onto the machine.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";

export class Operator {
  /** What goes into the machine's configuration. */
  readonly publicKey: string;
  private readonly key: string;

  /** @param folder an existing folder for the key and the ssh_config, e.g. a temporary one */
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.key = join(folder, "id_ed25519");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", this.key]);
    this.publicKey = readFileSync(`${this.key}.pub`, "utf8").trim();
  }

  /**
   * Runs a command on a machine, by nothing but what the stack put out.
   *
   * @param sshConfig the stack's output of that name
   * @param fragment ssh_config of the local cloud
   * @throws when ssh or the command fails, with what it printed
   */
  async ssh(target: { sshConfig: string; fragment: string; machine: string }, command: string, input = ""): Promise<string> {
    const config = join(this.folder, "ssh_config");
    writeFileSync(
      config,
      `${target.sshConfig}\nMatch all\n  IdentityFile ${this.key}\n  IdentitiesOnly yes\n  BatchMode yes\nInclude ${target.fragment}\n`,
    );
    const { stdout } = await execa("ssh", ["-F", config, target.machine, command], { input, env: { SSH_AUTH_SOCK: "" } });
    return stdout;
  }
}
