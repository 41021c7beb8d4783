// Where a check works: a virtual machine, volumes of its own, and nothing left of the check before.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { Parts } from "./parts";
import { type Boot, systemdFiles } from "./systemd";
import { VirtualMachine } from "./virtualMachine";

const MIB = 1024 * 1024;
/** Big enough for LUKS with an ext4 in it. */
export const VOLUME_BYTES = 48 * MIB;

/** One thing that is proved. What is not as it should be is thrown. */
export interface Check {
  /** A sentence. */
  name: string;
  run(lab: Lab): Promise<void>;
}

export interface Volume {
  id: number;
  /** Its path in the machine. */
  device: string;
}

type BootMachine = (system?: { boot: Boot; volumes: readonly number[] }) => Promise<VirtualMachine>;

export class Lab {
  #machine: VirtualMachine;
  readonly #boot: BootMachine;
  readonly #attached = new Set<number>();
  #lastId = 100;
  #systemd = false;

  private constructor(machine: VirtualMachine, boot: BootMachine) {
    this.#machine = machine;
    this.#boot = boot;
  }

  /** @throws Skipped when this computer lacks a program that the machine is made of */
  static async open(parts: Parts, env: NodeJS.ProcessEnv, folder: string): Promise<Lab> {
    return new Lab(await VirtualMachine.boot(parts, env, folder), (system) =>
      VirtualMachine.boot(parts, env, folder, system && { more: systemdFiles(parts, system.boot), volumes: system.volumes }),
    );
  }

  get machine(): VirtualMachine {
    return this.#machine;
  }

  /** A volume that nothing was ever written to, attached; `make` is bash that gets its device as `$1`. */
  async volume(make = ":", bytes = VOLUME_BYTES): Promise<Volume> {
    const id = ++this.#lastId;
    const device = await this.attach(id, bytes);
    await this.machine.sh(`set -- ${device}; ${make}\nsync`);
    return { id, device };
  }

  async attach(id: number, bytes = VOLUME_BYTES): Promise<string> {
    const device = await this.machine.attach(id, bytes);
    this.#attached.add(id);
    return device;
  }

  async detach(id: number): Promise<void> {
    await this.machine.detach(id);
    this.#attached.delete(id);
  }

  /** Every byte of a volume as its disk has it, in a few letters; and what is open on the machine. */
  async content(id: number): Promise<{ bytes: string; open: string }> {
    const open = await this.machine.sh("sync; ls /dev/mapper");
    const hash = createHash("sha256");
    for await (const piece of createReadStream(this.machine.disk(id))) hash.update(piece as Buffer);
    return { bytes: hash.digest("hex"), open };
  }

  /** Waits until a text stands among the first MiB of a volume's disk, without asking the machine. */
  async untilOnDisk(id: number, text: string): Promise<void> {
    const disk = await open(this.machine.disk(id));
    try {
      for (;;) {
        const { buffer } = await disk.read(Buffer.alloc(MIB), 0, MIB, 0);
        if (buffer.includes(text)) return;
        await setTimeout(50);
      }
    } finally {
      await disk.close();
    }
  }

  /** The machine is gone from one moment to the next, and comes up again without its volumes. */
  async powerCut(): Promise<void> {
    await this.#machine.stop();
    this.#attached.clear();
    this.#systemd = false;
    this.#machine = await this.#boot();
  }

  /** In place of the machine comes one that systemd boots, with these volumes attached from the beginning. It is gone after the check. */
  async bootSystemd(boot: Boot, volumes: readonly Volume[]): Promise<void> {
    await this.machine.sh("sync");
    await this.#machine.stop();
    this.#attached.clear();
    for (const { id } of volumes) this.#attached.add(id);
    this.#systemd = true;
    this.#machine = await this.#boot({ boot, volumes: volumes.map(({ id }) => id) });
  }

  /** Whether a volume is attached. */
  has(id: number): boolean {
    return this.#attached.has(id);
  }

  /** Ends what the last check has mounted, opened and attached; by a power cut, where that was not to be ended. */
  async clear(): Promise<void> {
    if (this.#systemd) return this.powerCut();
    try {
      await this.machine.sh(`
        findmnt -rn -o TARGET | grep -E '^/(mnt|home|srv)' | tac | while read -r target; do umount "$target"; done
        for name in /dev/mapper/*; do case $name in */control | *'*') ;; *) cryptsetup close "\${name##*/}" ;; esac; done
        rm -rf /etc/secrets /run/programs`);
      for (const id of [...this.#attached]) await this.detach(id);
    } catch {
      await this.powerCut();
    }
  }

  async close(): Promise<void> {
    await this.#machine.stop();
  }
}
