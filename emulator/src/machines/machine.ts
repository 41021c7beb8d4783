// One emulated server: its disks, its power, and the boot that is going on or has ended in a running system.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { MachineSpec, PowerState } from "../machineHost";
import { pause } from "./activity";
import { Devices } from "./devices";
import { Inside } from "./inside";
import { Connection } from "./network/connection";
import type { Request } from "./namespace";
import type { ServerPaths } from "./paths";
import { Sshds } from "./sshds";
import type { Booted } from "./boot/begin";
import { UnitPorts } from "./unitPorts";
import { Timers } from "./timers";
import type { Running, World } from "./world";

/** Systems that run and have an ear for the power button. */
const HEARS_ACPI = new Set<Running | undefined>(["image", "rescue", "installer", "nixos"]);

/** Who boots a machine and answers what it asks; see `behaviour.ts`. */
export interface Behaviour {
  bootFromDisk(machine: Machine, signal: AbortSignal): Promise<Booted>;
  bootInstaller(machine: Machine, signal: AbortSignal, identity: Buffer): Promise<Booted>;
  answer(machine: Machine, request: Request): Promise<void>;
}

export class Machine extends Inside {
  readonly paths: ServerPaths;
  readonly sshds: Sshds;
  power: PowerState = "off";
  running: Running | undefined;
  /** Search path of a login. */
  path = "";
  readonly timers: Timers;
  readonly units: UnitPorts;
  readonly connection: Connection;
  /** Ends with the build that goes on now. */
  building: Promise<void> = Promise.resolve();
  /** The image has not booted yet. */
  firstBoot = true;
  /** Volumes that the cloud image's tools are still to mount. */
  readonly toMount = new Set<number>();
  /** Where volumes were mounted when the machine crashed. */
  mountedAtCrash = new Map<number, string[]>();
  /** Aborted when what goes on now (a boot, a shutdown) is overtaken by something harder. */
  private current = new AbortController();

  constructor(
    readonly spec: MachineSpec,
    world: World,
    private readonly behaviour: Behaviour,
  ) {
    super(world, new Devices(spec.serverId, world.paths.rootDisk(spec.serverId)));
    this.paths = world.paths.server(spec.serverId);
    this.sshds = new Sshds(this);
    this.timers = new Timers(this);
    this.units = new UnitPorts(this);
    this.connection = new Connection(this);
  }

  get id(): number {
    return this.spec.serverId;
  }

  get addressList(): string[] {
    return [this.spec.ipv4, this.spec.ipv6].filter((address) => address !== null);
  }

  note(text: string): void {
    this.world.journal.add({ kind: "machine", serverId: this.id, text });
  }

  /** Takes up a disk of an earlier run of the emulator. */
  async resume(running: boolean): Promise<void> {
    // What ran when the emulator was killed has let go of its disks by now, or is about to.
    await this.devices.released();
    await rm(join(this.paths.run), { recursive: true, force: true });
    this.firstBoot = false;
    if (running) this.powerOn();
  }

  powerOn(): void {
    if (this.power === "running") return;
    this.power = "running";
    this.bootIn(this.firstBoot ? this.world.latencies.firstBoot : this.world.latencies.powerOn);
  }

  /** Hard and immediate. */
  async powerOff(): Promise<void> {
    if (this.power === "off") return;
    this.power = "off";
    this.note("power off (hard)");
    await this.stop();
  }

  async reset(): Promise<void> {
    this.power = "running";
    this.note("reset");
    await this.stop();
    this.bootIn(this.world.latencies.reboot);
  }

  /**
   * A clean way down, as asked for by ACPI or on the machine itself, and for `reboot` up again. A machine without a running system does
   * not hear ACPI.
   */
  async down(how: "poweroff" | "reboot", asked: "acpi" | "machine"): Promise<void> {
    if (!this.namespace || !HEARS_ACPI.has(this.running)) return;
    const { latencies, clock } = this.world;
    const signal = this.begin("stopping");
    this.note(`${how} (${asked})`);
    await this.units.close();
    await this.sshds.close();
    const seconds = Math.min(latencies.cleanPowerOff, how === "reboot" ? latencies.reboot : Infinity);
    if (!(await pause(clock, seconds, signal))) return;
    await this.work(["/.emulator/bin/emulator-shutdown"]);
    if (overtaken(signal)) return;
    this.timers.clear();
    await this.exclusive(() => this.endNamespace());
    if (overtaken(signal)) return;
    if (how === "poweroff") {
      this.power = "off";
      this.running = undefined;
      await this.world.addresses.down(this.addressList);
      this.world.powerChanged(this.id, "off");
      this.note("power off (clean)");
    } else {
      this.bootIn(latencies.reboot - seconds);
    }
  }

  /** Leaves the running system for the installer's, which keeps what `identity` (a tar archive on the machine) holds. */
  async kexec(identity: Buffer): Promise<void> {
    const signal = this.begin("booting");
    this.note("kexec");
    await this.stopSystem();
    if (!(await pause(this.world.clock, this.world.latencies.kexec, signal))) return;
    await this.bring(signal, () => this.behaviour.bootInstaller(this, signal, identity));
  }

  /** Fault: a kernel panic. Processes stop where they are, power stays on. */
  async crash(): Promise<void> {
    if (this.power === "off") return;
    const mounted = this.namespace ? await this.devices.mounted(this.namespace) : new Map<number, string[]>();
    this.begin("crashed");
    this.mountedAtCrash = mounted;
    this.note("crash");
    await this.stopSystem();
  }

  /** Power is off and nothing runs: forgets what was under way. */
  async stop(): Promise<void> {
    this.begin(undefined);
    await this.stopSystem();
  }

  private bootIn(seconds: number): void {
    const signal = this.begin("booting");
    const boot = async (): Promise<void> => {
      if (await pause(this.world.clock, seconds, signal)) await this.bring(signal, () => this.behaviour.bootFromDisk(this, signal));
    };
    boot().catch((error: unknown) => this.note(`boot failed: ${String(error)}`));
  }

  /** Really boots what `boot` says. */
  private async bring(signal: AbortSignal, boot: () => Promise<Booted>): Promise<void> {
    if (overtaken(signal)) return;
    this.connection.guard();
    await this.world.addresses.up(this.addressList);
    let booted: Booted;
    try {
      booted = await boot();
    } catch (error) {
      if (overtaken(signal)) return;
      booted = { running: "nothing", text: `failed: ${error instanceof Error ? error.message : String(error)}`, ssh: false };
    }
    if (overtaken(signal)) return;
    this.firstBoot = false;
    this.running = booted.running;
    if (booted.running === "nothing" || booted.running === "emergency") await this.world.addresses.down(this.addressList);
    if (booted.ssh) await this.sshds.reload();
    await this.look();
    this.note(`boot ${booted.text}`);
    if (booted.resetAfter !== undefined) this.bootIn(booted.resetAfter + this.world.latencies.reboot);
  }

  /** Mounts the volumes that are to be mounted automatically, with a line in fstab, as Hetzner's tools in the cloud image do. */
  async mountWaiting(): Promise<void> {
    for (const volumeId of this.toMount) {
      this.toMount.delete(volumeId);
      const { code, stderr } = await this.work(["/.emulator/bin/emulator-automount", String(volumeId)]);
      if (code !== 0) this.note(`automount of volume ${volumeId} failed: ${stderr.trim()}`);
    }
  }

  /** Something may have changed on the machine: sees what it serves now. */
  look(): Promise<void> {
    return this.units.look();
  }

  request(request: Request): void {
    this.behaviour.answer(this, request).catch((error: unknown) => this.note(`request ${request.verb} failed: ${String(error)}`));
  }

  private begin(next: Running | undefined): AbortSignal {
    this.current.abort();
    this.current = new AbortController();
    this.running = next;
    return this.current.signal;
  }

  private async stopSystem(): Promise<void> {
    this.timers.clear();
    await this.units.close();
    await this.sshds.close();
    // Killed before the queue is waited for, as what stands in the queue may be waiting for something on the machine.
    const ending = this.namespace?.kill();
    await this.exclusive(async () => {
      await ending;
      await this.endNamespace();
    });
    await this.world.addresses.down(this.addressList);
  }
}

/** Whether something harder has begun; asked anew after every wait. */
function overtaken(signal: AbortSignal): boolean {
  return signal.aborted;
}
