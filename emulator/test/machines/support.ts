// A machine host of its own for each test, with a clock that jumps as soon as nothing is going on, and the system's ssh as a client.
import { execFile, type ExecFileException } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Journal } from "../../src/journal";
import { instant, type Latencies } from "../../src/latencies";
import type { MachineSpec } from "../../src/machineHost";
import { createMachineHost, type Host } from "../../src/machines";
import { VirtualClock } from "../../src/virtualClock";

/** Real mounts and devices need root; without it these tests say that they were left out. */
export const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
if (process.getuid?.() !== 0) process.stderr.write("not root: tests of machines with real mounts are SKIPPED\n");

/** Machines have network cards and the metadata service only where this computer has `ip`; without, these tests say that they were left out. */
export const testWithCards = ["/sbin/ip", "/usr/sbin/ip", "/bin/ip", "/usr/bin/ip"].some(existsSync) ? test : test.skip;
if (testWithCards === test.skip) process.stderr.write("`ip` (iproute2) is missing: tests of machines' network cards are SKIPPED\n");

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Rig {
  folder: string;
  host: Host;
  clock: VirtualClock;
  journal: Journal;
  /** Private key of the operator; its public half is in every server's authorized keys. */
  key: string;
  publicKey: string;
  spec(serverId: number, change?: Partial<MachineSpec>): MachineSpec;
  /** Created, powered on, ssh answers. */
  server(serverId: number, change?: Partial<MachineSpec>): Promise<MachineSpec>;
  ssh(serverId: number, command: string, options?: { input?: string; args?: string[]; user?: string; key?: string }): Promise<Ran>;
  /** Like ssh, and the command must succeed. */
  on(serverId: number, command: string): Promise<string>;
  /** Waits for a line in the journal. */
  until(text: string | RegExp, after?: number): Promise<void>;
  /** A second host on the same state folder, as after a restart; takes the place of the first. */
  restarted(): Promise<Host>;
  close(): Promise<void>;
}

export async function rig(options: { latencies?: Partial<Latencies>; evaluator?: string[] } = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "machines-test-"));
  const clock = new VirtualClock("auto");
  const journal = new Journal(() => clock.now());
  const latencies = { ...instant, ...options.latencies };
  const start = () => createMachineHost({ stateDir: folder, clock, latencies, journal, evaluator: options.evaluator });
  const host = await start();
  const key = join(folder, "operator");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", key]);
  const publicKey = (await readFile(`${key}.pub`, "utf8")).trim();
  const self: Rig = {
    folder,
    host,
    clock,
    journal,
    key,
    publicKey,
    spec: (serverId, change = {}) => ({
      serverId,
      name: `server-${serverId}`,
      ipv4: addressOf(serverId),
      ipv6: `2001:db8:0:${serverId.toString(16)}::1`,
      mac: "96:00:00:00:00:01",
      architecture: "x86",
      image: "debian-13",
      memoryMiB: 4096,
      diskGB: 40,
      userData: "",
      authorizedKeys: [publicKey],
      ...change,
    }),
    server: async (serverId, change) => {
      const spec = self.spec(serverId, change);
      await host.create(spec);
      const since = journal.entries.length;
      await host.powerOn(serverId);
      await self.until(/^boot /, since);
      return spec;
    },
    ssh: (serverId, command, { input, args = [], user = "root", key: otherKey = key } = {}) => {
      const known = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"];
      const identity = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", otherKey];
      return run("ssh", ["-F", host.sshConfig, ...args, ...known, ...identity, `${user}@${addressOf(serverId)}`, command], input);
    },
    on: async (serverId, command) => {
      const result = await self.ssh(serverId, command);
      if (result.code !== 0) throw new Error(`${command}: exit code ${result.code}: ${result.stderr}${result.stdout}`);
      return result.stdout.trim();
    },
    until: async (text, after = 0) => {
      const fits = (line: string): boolean => (typeof text === "string" ? line === text : text.test(line));
      for (let tries = 0; tries < 2000; tries++) {
        if (journal.entries.slice(after).some((entry) => fits(entry.text))) return;
        await sleep(10);
      }
      throw new Error(`${String(text)} did not happen:\n${journal.entries.map((entry) => `${entry.kind} ${entry.text}`).join("\n")}`);
    },
    restarted: async () => {
      self.host = await start();
      return self.host;
    },
    close: async () => {
      await self.host.close();
      clock.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return self;
}

function addressOf(serverId: number): string {
  return `198.18.0.${serverId}`;
}

/** Runs a program of the computer to its end, whatever its exit code. */
export function run(program: string, args: string[], input = "", env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, maxBuffer: 1 << 26 }, (error: ExecFileException | null, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 255 : 0, stdout, stderr });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** A key pair as cloud-init's `ssh_keys` wants it. */
export async function newHostKey(folder: string, name: string): Promise<{ privateKey: string; publicKey: string }> {
  const path = join(folder, name);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
  return { privateKey: await readFile(path, "utf8"), publicKey: (await readFile(`${path}.pub`, "utf8")).trim() };
}

export function userDataWith(hostKey: { privateKey: string; publicKey: string }): string {
  const indented = hostKey.privateKey.trim().split("\n").join("\n    ");
  return `#cloud-config\nssh_keys:\n  ed25519_private: |\n    ${indented}\n  ed25519_public: ${hostKey.publicKey}\n`;
}

export async function knownHosts(folder: string, alias: string, publicKey: string): Promise<string> {
  const path = join(folder, `known-${alias}`);
  await writeFile(path, `${alias} ${publicKey}\n`);
  return path;
}

/** jest's matcher, with a type that may stand where a text is expected. */
export function containing(text: string): string {
  const matcher: unknown = expect.stringContaining(text);
  return matcher as string;
}
