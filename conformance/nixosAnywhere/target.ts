// An emulated server that is to become a NixOS machine, from order to ssh.
import { setTimeout as sleep } from "node:timers/promises";
import type { Emulator } from "../../emulator/src";
import type { Operator } from "./operator";

const TOKEN = "c".repeat(64);

/** Only to end in words what would wait for ever. */
const LONGEST_MS = 120_000;

export class Target {
  rootDisk = "";
  /** The host key that the cloud image made for itself. */
  firstHostKey = "";
  private since = 0;

  constructor(
    readonly name: string,
    readonly address: string,
    private readonly cloud: Emulator,
    private readonly operator: Operator,
  ) {}

  /** Resolves when it answers ssh. */
  async answers(): Promise<this> {
    await this.until(async () => (await this.operator.ssh(this.address, "true")).exitCode === 0, "answers ssh");
    this.rootDisk = await this.on("ls /dev/disk/by-id/scsi-0QEMU_*");
    this.firstHostKey = await this.hostKey();
    this.since = this.cloud.journal.entries.length;
    return this;
  }

  /** Resolves when NixOS is up: nixos-anywhere does not wait for it. */
  async untilBooted(): Promise<void> {
    await this.until(() => this.cloud.journal.entries.slice(this.since).some(({ text }) => text.startsWith("boot nixos")), "boots NixOS");
  }

  hostKey(): Promise<string> {
    return this.on("cut -d ' ' -f 2 /etc/ssh/ssh_host_ed25519_key.pub");
  }

  /** @throws Error when the command fails */
  async on(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.operator.ssh(this.address, command);
    if (exitCode !== 0) throw new Error(`${command} on ${this.name}: exit code ${exitCode}: ${stderr}`);
    return stdout.trim();
  }

  private async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const limit = Date.now() + LONGEST_MS;
    while (!(await holds())) {
      if (Date.now() > limit) throw new Error(`${this.name} never ${what}`);
      await sleep(100);
    }
  }
}

/** Orders a server with the operator's key, as a customer would. Resolves when it answers ssh. */
export async function newTarget(cloud: Emulator, operator: Operator, name: string): Promise<Target> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(cloud.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return response.json();
  };
  // The second server finds it there already, which is a refusal that says nothing new.
  await ask("/ssh_keys", { name: "operator", public_key: operator.publicKey });
  const order = { name, server_type: "cx23", image: "debian-13", location: "fsn1", ssh_keys: ["operator"] };
  const { server } = (await ask("/servers", order)) as { server: { public_net: { ipv4: { ip: string } } } };
  return new Target(name, server.public_net.ipv4.ip, cloud, operator).answers();
}
