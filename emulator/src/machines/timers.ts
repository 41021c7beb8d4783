// Timers armed on a machine (systemd-run --on-active). They fire on the emulator's clock and are lost at reboot.
import { pause } from "./activity";
import type { Machine } from "./machine";

interface Timer {
  due: number;
  off: AbortController;
}

export class Timers {
  private readonly byUnit = new Map<string, Timer>();

  constructor(private readonly machine: Machine) {}

  arm(unit: string, seconds: number): void {
    this.disarm(unit);
    const { clock } = this.machine.world;
    const timer: Timer = { due: clock.now() + seconds * 1000, off: new AbortController() };
    this.byUnit.set(unit, timer);
    const fire = async (): Promise<void> => {
      if (!(await pause(clock, seconds, timer.off.signal, { background: true }))) return;
      this.byUnit.delete(unit);
      this.machine.note(`timer ${unit} fires`);
      await this.machine.work(["/.emulator/bin/emulator-unit-run", unit]);
    };
    fire().catch((error: unknown) => this.machine.note(`timer ${unit} failed: ${String(error)}`));
  }

  disarm(unit: string): void {
    this.byUnit.get(unit)?.off.abort();
    this.byUnit.delete(unit);
  }

  /** The machine has ended. */
  clear(): void {
    for (const unit of [...this.byUnit.keys()]) this.disarm(unit);
  }

  /** Seconds until it fires; 0 when there is none. */
  left(unit: string): number {
    const timer = this.byUnit.get(unit);
    return timer ? Math.max(0, timer.due - this.machine.world.clock.now()) / 1000 : 0;
  }
}
