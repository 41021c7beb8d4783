// All machines and volumes of one emulated cloud, as the API side asks for them.
import { access, rm } from "node:fs/promises";
import type { MachineGlance, MachineHost, MachineNetwork, MachineSpec, PowerState } from "../machineHost";
import { Activities } from "./activity";
import type { Addresses } from "./addresses";
import { behaviour } from "./behaviour";
import type { MachineHostOptions } from "./index";
import { attachVolume, createRootDisk, detachVolume, resizeMachine, writeRootDisk } from "./disks";
import { setIso, setRescue } from "./boot/rescue";
import { Machine } from "./machine";
import { OPERATOR } from "./network/firewall";
import type { StateFolderLock } from "./stateFolder";
import type { World } from "./world";
import type { Paths } from "./paths";
import { Served } from "./served";
import { deleteSnapshot, takeSnapshot } from "./snapshots";
import { Store } from "./store/store";
import { contentOf, createDiskFile, growDiskFile } from "./volumes";

export class Machines implements MachineHost {
  readonly sshConfig: string;
  readonly operatorBin: string;
  readonly served: Served;
  private readonly machines = new Map<number, Machine>();
  private readonly listeners = new Set<(serverId: number, state: PowerState) => void>();
  private readonly rescueListeners = new Set<(serverId: number) => void>();
  private readonly world: World;

  constructor(
    options: MachineHostOptions,
    paths: Paths,
    addresses: Addresses,
    private readonly lock: StateFolderLock,
  ) {
    const { clock, latencies, journal } = options;
    this.sshConfig = paths.sshConfig;
    this.operatorBin = paths.operatorBin;
    this.served = new Served(() => clock.now());
    this.world = {
      paths,
      clock,
      latencies,
      journal,
      addresses,
      activities: new Activities(clock),
      store: new Store(paths.store),
      evaluator: options.evaluator,
      served: this.served,
      operator: options.operator ?? OPERATOR,
      rescueBooted: (serverId) => {
        for (const listener of this.rescueListeners) listener(serverId);
      },
      powerChanged: (serverId, state) => {
        for (const listener of this.listeners) listener(serverId, state);
      },
    };
  }

  async create(spec: MachineSpec): Promise<void> {
    if (this.machines.has(spec.serverId)) throw new Error(`server ${spec.serverId} exists already`);
    const machine = new Machine({ ...spec }, this.world, behaviour);
    await rm(machine.paths.folder, { recursive: true, force: true });
    await createRootDisk(machine);
    this.machines.set(spec.serverId, machine);
  }

  /** Disks are used as they lie in the state folder, never written anew. Machines that ran boot, as after a power failure. */
  async restore(what: Parameters<NonNullable<MachineHost["restore"]>>[0]): Promise<void> {
    for (const { id } of what.volumes) await access(this.world.paths.volume(id)).catch(() => this.lost(`volume ${id}`));
    for (const { spec, running, volumes } of what.servers) {
      const machine = new Machine({ ...spec }, this.world, behaviour);
      await access(machine.paths.disk).catch(() => this.lost(`the disk of server ${spec.serverId}`));
      this.machines.set(spec.serverId, machine);
      for (const volumeId of volumes) await attachVolume(machine, volumeId, this.world.paths.volume(volumeId), false);
      await machine.resume(running);
    }
  }

  async powerOn(serverId: number): Promise<void> {
    this.machine(serverId).powerOn();
    return Promise.resolve();
  }

  async shutdown(serverId: number): Promise<void> {
    const machine = this.machine(serverId);
    machine.down("poweroff", "acpi").catch((error: unknown) => machine.note(`shutdown failed: ${String(error)}`));
    return Promise.resolve();
  }

  powerOff(serverId: number): Promise<void> {
    return this.machine(serverId).powerOff();
  }

  reset(serverId: number): Promise<void> {
    return this.machine(serverId).reset();
  }

  async reboot(serverId: number): Promise<void> {
    const machine = this.machine(serverId);
    machine.down("reboot", "acpi").catch((error: unknown) => machine.note(`reboot failed: ${String(error)}`));
    return Promise.resolve();
  }

  createImage(serverId: number, imageId: number): Promise<number> {
    return takeSnapshot(this.machine(serverId), imageId);
  }

  deleteImage(imageId: number): Promise<void> {
    return deleteSnapshot(this.world.paths, imageId);
  }

  setRescue(serverId: number, authorizedKeys: string[] | null): Promise<void> {
    return setRescue(this.machine(serverId), authorizedKeys);
  }

  onRescue(listener: (serverId: number) => void): void {
    this.rescueListeners.add(listener);
  }

  setIso(serverId: number, name: string | null): Promise<void> {
    return setIso(this.machine(serverId), name);
  }

  async rebuild(serverId: number, image: string, snapshot?: number): Promise<void> {
    const machine = this.machine(serverId);
    const wasOn = machine.power === "running";
    await machine.powerOff();
    machine.spec.image = image;
    machine.spec.snapshot = snapshot;
    await writeRootDisk(machine);
    if (wasOn) machine.powerOn();
  }

  async destroy(serverId: number): Promise<void> {
    const machine = this.machine(serverId);
    await machine.powerOff();
    this.machines.delete(serverId);
    await rm(machine.paths.folder, { recursive: true, force: true });
    await rm(this.world.paths.rootDisk(serverId), { force: true });
  }

  async rename(serverId: number, name: string): Promise<void> {
    this.machine(serverId).spec.name = name; // a running system does not hear of it
    return Promise.resolve();
  }

  connect(serverId: number, network: MachineNetwork): Promise<void> {
    return this.machine(serverId).connection.change(network);
  }

  resize(serverId: number, size: { memoryMiB: number; diskGB: number }): Promise<void> {
    return resizeMachine(this.machine(serverId), size);
  }

  createVolume(volumeId: number, sizeGB: number, format: "ext4" | "xfs" | null): Promise<void> {
    return createDiskFile(this.world.paths.volume(volumeId), sizeGB, format);
  }

  resizeVolume(volumeId: number, sizeGB: number): Promise<void> {
    return growDiskFile(this.world.paths.volume(volumeId), sizeGB);
  }

  async deleteVolume(volumeId: number): Promise<void> {
    const user = [...this.machines.values()].find((machine) => machine.devices.has(volumeId));
    if (user) throw new Error(`volume ${volumeId} is attached to server ${user.id} and cannot be deleted`);
    const file = this.world.paths.volume(volumeId);
    await rm(file);
    await rm(contentOf(file), { recursive: true, force: true });
  }

  async attachVolume(serverId: number, volumeId: number, options: { automount?: boolean } = {}): Promise<void> {
    const machine = this.machine(serverId);
    const user = [...this.machines.values()].find((other) => other.devices.has(volumeId));
    if (user === machine) return;
    if (user) throw new Error(`volume ${volumeId} is attached to server ${user.id}`);
    await attachVolume(machine, volumeId, this.world.paths.volume(volumeId), options.automount === true);
  }

  detachVolume(serverId: number, volumeId: number): Promise<void> {
    return detachVolume(this.machine(serverId), volumeId);
  }

  powerState(serverId: number): PowerState {
    return this.machine(serverId).power;
  }

  onPower(listener: (serverId: number, state: PowerState) => void): void {
    this.listeners.add(listener);
  }

  glance(serverId: number): MachineGlance {
    const { running, sshds } = this.machine(serverId);
    return { running: running ?? null, sshPorts: sshds.listening };
  }

  crash(serverId: number): Promise<void> {
    return this.machine(serverId).crash();
  }

  async dropSsh(serverId: number): Promise<void> {
    this.machine(serverId).sshds.drop();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.stop()));
    this.lock.release();
  }

  private lost(what: string): never {
    throw new Error(
      `${what} is in the saved state, but not in ${this.world.paths.stateDir}. ` +
        "Give the state folder that belongs to the saved state, or delete the saved state to begin anew",
    );
  }

  private machine(serverId: number): Machine {
    const machine = this.machines.get(serverId);
    if (!machine) throw new Error(`there is no machine of server ${serverId}`);
    return machine;
  }
}
