// A virtual machine with a real kernel, in which the remote scripts run as over ssh, on volumes that look as Hetzner's do: scsi disks that
// come, grow and go while it runs. Its processor is emulated (TCG): slower than any other, and the same everywhere.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseResults, remoteScript, type ScriptResults } from "../../steps/ssh/remote";
import { shellQuote } from "../../steps/ssh/shim";
import { lastLines } from "../tools/output";
import { Channel } from "./channel";
import type { Parts } from "./parts";
import { Qmp } from "./qmp";
import { type Files, QUICK, rootFileSystem } from "./rootFileSystem";

/** What a command said and how it ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** `name value` lines of stdout. */
  results: ScriptResults;
}

export interface ScriptOptions {
  /** What follows the script on stdin, e.g. a passphrase. */
  payload?: string;
  /** Folders whose programs stand in front of all others, the first one first. */
  programs?: readonly string[];
}

/** What boots in place of the machine that only serves. */
export interface System {
  more: Files;
  /** Attached before it starts. */
  volumes: readonly number[];
}

const MEMORY_MIB = 640;

export class VirtualMachine {
  readonly #process: ChildProcess;
  readonly #agent: Channel;
  readonly #control: Channel;
  readonly #qmp: Qmp;
  readonly #folder: string;

  private constructor(started: { process: ChildProcess; agent: Channel; control: Channel; qmp: Qmp; folder: string }) {
    this.#process = started.process;
    this.#agent = started.agent;
    this.#control = started.control;
    this.#qmp = started.qmp;
    this.#folder = started.folder;
  }

  /**
   * Boots one. Its sockets and disks are in `folder`; disks of an earlier one there are not attached, but may be.
   *
   * @throws Skipped when this computer lacks a program that is used inside
   * @throws Error with the end of its console when it does not come up
   */
  static async boot(parts: Parts, env: NodeJS.ProcessEnv, folder: string, system?: System): Promise<VirtualMachine> {
    const initrd = join(folder, system ? "initrd-of-a-system" : "initrd");
    if (system || !existsSync(initrd)) await writeFile(initrd, await rootFileSystem(parts, env, system?.more));
    const [agent, control] = await Promise.all([Channel.listen(join(folder, "agent")), Channel.listen(join(folder, "control"))]);
    const console = join(folder, "console");
    // Ended by the kernel when this process is, however that ends.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", parts.qemu, ...arguments_(parts, { initrd, console, folder })], {
      env: { ...env, LD_LIBRARY_PATH: parts.libraryPath },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.on("data", (data: Buffer) => (words += data.toString("utf8")));
    const ended = (): void => {
      for (const channel of [agent, control]) {
        channel.fail(
          `the virtual machine has ended:\n${lastLines(`${existsSync(console) ? readFileSync(console, "utf8") : ""}\n${words}`, 12)}`,
        );
      }
    };
    child.on("error", ended).on("exit", ended);
    try {
      const machine = new VirtualMachine({ process: child, agent, control, qmp: await Qmp.open(control), folder });
      for (const id of system?.volumes ?? []) await machine.#plug(id);
      await machine.#qmp.ask("cont");
      while ((await agent.line()) !== "ready");
      return machine;
    } catch (problem) {
      child.kill("SIGKILL");
      agent.close();
      control.close();
      throw problem;
    }
  }

  /** Runs a remote script as it is sent over ssh. */
  async script(
    name: string,
    args: readonly (string | number)[],
    { payload = "", programs = [QUICK] }: ScriptOptions = {},
  ): Promise<Outcome> {
    const command = `PATH=${[...programs, "$PATH"].join(":")} bash -s -- ${args.map((arg) => shellQuote(String(arg))).join(" ")}`;
    return this.#run(command, `${await remoteScript(name)}${payload}`);
  }

  /**
   * Runs a piece of bash, and gives what it prints.
   *
   * @throws Error when it fails
   */
  async sh(text: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run("bash -eu -s", `piece() {\n${text}\n}\npiece </dev/null\n`);
    if (code !== 0) throw new Error(`in the virtual machine: ${text}: exit code ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** Which system the scripts take it for. */
  async become(system: "installer" | "nixos"): Promise<void> {
    const release = system === "installer" ? "ID=nixos\\nVARIANT_ID=installer\\n" : "ID=nixos\\n";
    await this.sh(`printf '${release}' >/etc/os-release`);
  }

  /**
   * Attaches the volume with this id, and waits until its device is there. What is on it stays from one time to the next; the first time
   * it is blank.
   *
   * @returns the path of its device
   */
  async attach(id: number, bytes: number): Promise<string> {
    const filename = this.disk(id);
    if (!existsSync(filename)) {
      await writeFile(filename, "");
      await truncate(filename, bytes);
    }
    const device = `/dev/disk/by-id/scsi-0HC_Volume_${id}`;
    await this.#plug(id);
    await this.sh(
      `udevadm settle; for _ in $(seq 200); do [ ! -e ${device} ] || exit 0; sleep 0.1; done; ls -l /dev/disk/by-id >&2; exit 1`,
    );
    return device;
  }

  async #plug(id: number): Promise<void> {
    const backing = { driver: "file", filename: this.disk(id) };
    await this.#qmp.ask("blockdev-add", { driver: "raw", "node-name": `volume${id}`, file: backing });
    const looks = { vendor: "HC", product: "Volume", serial: String(id) };
    await this.#qmp.ask("device_add", { driver: "scsi-hd", bus: "scsi.0", id: `disk${id}`, drive: `volume${id}`, ...looks });
  }

  /** Takes it away, as a detach through the API does: whoever still uses it is not asked. */
  async detach(id: number): Promise<void> {
    await this.#qmp.ask("device_del", { id: `disk${id}` });
    await this.#qmp.event("DEVICE_DELETED", { device: `disk${id}` });
    await this.#qmp.ask("blockdev-del", { "node-name": `volume${id}` });
    await this.sh("udevadm settle");
  }

  /** Makes it bigger, as the API does. */
  async resize(id: number, bytes: number): Promise<void> {
    await this.#qmp.ask("block_resize", { "node-name": `volume${id}`, size: bytes });
  }

  /** From one moment to the next, as by a power cut: what the kernel had not written yet is lost. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await gone;
    }
    this.#agent.close();
    this.#control.close();
  }

  async #run(command: string, stdin: string): Promise<Outcome> {
    const input = Buffer.from(stdin);
    await this.#agent.write(`run ${input.length} ${command}\n`, input);
    const [code = 0, outBytes = 0, errBytes = 0] = (await this.#agent.line()).split(" ").map(Number);
    const stdout = (await this.#agent.bytes(outBytes)).toString("utf8");
    const stderr = (await this.#agent.bytes(errBytes)).toString("utf8");
    return { code, stdout, stderr, results: parseResults(stdout) };
  }

  /** The file here that is the disk of this volume. */
  disk(id: number): string {
    return join(this.#folder, `volume-${id}`);
  }
}

function arguments_(parts: Parts, { initrd, console, folder }: { initrd: string; console: string; folder: string }): string[] {
  const socket = (id: string): string => `socket,id=${id},path=${join(folder, id)}`;
  return [
    ...["-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", String(MEMORY_MIB)],
    // Stopped, until its first disks are there.
    ...["-S", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...parts.firmware.flatMap((path) => ["-L", path]),
    ...["-kernel", parts.kernel, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1 rdinit=/init"],
    ...["-serial", `file:${console}`],
    ...["-chardev", socket("agent"), "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent"],
    ...["-chardev", socket("control"), "-mon", "chardev=control,mode=control"],
    ...["-device", "virtio-scsi-pci,id=scsi"],
  ];
}
