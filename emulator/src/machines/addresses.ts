// From a server's API address to the loopback port on which its machine answers: one file for each (address, port), which
// emulator/operator/connect reads, and an ssh_config fragment that sends ssh through it.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Paths } from "./paths";

const operatorFolder = join(__dirname, "../../operator");

export class Addresses {
  constructor(private readonly paths: Paths) {}

  /** Writes the fragment. It is the same for all servers and never changes afterwards. */
  async writeSshConfig(): Promise<void> {
    const connect = [join(operatorFolder, "connect"), this.paths.stateDir].map(quote).join(" ");
    const text = [
      "# The addresses of emulated servers (RFC 2544 and RFC 3849, which nobody else uses) lead to their machines on this computer.",
      "# `final`: also where a Host block has given the address as HostName.",
      "Match final host 198.18.*,198.19.*,2001:db8:*",
      `  ProxyCommand ${connect} %h %p`,
      "",
    ];
    await writeFile(this.paths.sshConfig, text.join("\n"));
  }

  /**
   * What a firewall lets through to an address, for connections to come; null: everything. What it does not let through is never answered.
   * At once, so that nothing gets through after the firewall is said to be there.
   */
  filter(address: string, open: readonly (readonly [first: number, last: number])[] | null): void {
    const file = join(this.paths.ports, "filter", fileName(address));
    if (open === null) {
      rmSync(file, { force: true });
      return;
    }
    mkdirSync(join(this.paths.ports, "filter"), { recursive: true });
    writeFileSync(`${file}.part`, open.map(([first, last]) => `${first} ${last}\n`).join(""));
    renameSync(`${file}.part`, file);
  }

  /** The machine has power and an address: what it does not listen on is refused from now on. */
  async up(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await mkdir(this.folder(address), { recursive: true });
  }

  /** Nothing at these addresses answers any more. */
  async down(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await rm(this.folder(address), { recursive: true, force: true });
  }

  async listen(addresses: readonly string[], port: number, loopbackPort: number): Promise<void> {
    for (const address of addresses) {
      await mkdir(this.folder(address), { recursive: true });
      await writeFile(join(this.folder(address), String(port)), `${loopbackPort}\n`);
    }
  }

  async unlisten(addresses: readonly string[], port: number): Promise<void> {
    for (const address of addresses) await rm(join(this.folder(address), String(port)), { force: true });
  }

  private folder(address: string): string {
    return join(this.paths.ports, fileName(address));
  }
}

const fileName = (address: string): string => address.replaceAll(":", "_");

/** For ssh_config's ProxyCommand, which a shell reads after ssh has replaced its `%` tokens. */
function quote(word: string): string {
  return `'${word.replaceAll("%", "%%").replaceAll("'", `'\\''`)}'`;
}
