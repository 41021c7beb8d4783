// Servers without machines, for those who only need the API: nothing boots and nothing answers ssh, but power is kept and a shutdown
// takes its time.
import type { Clock } from "./clock";
import type { Latencies } from "./latencies";
import type { MachineHost, PowerState } from "./machineHost";

export function createNoMachines(clock: Clock, latencies: Latencies): MachineHost {
  const power = new Map<number, PowerState>();
  const listeners: ((serverId: number, state: PowerState) => void)[] = [];

  function set(serverId: number, state: PowerState): void {
    if (!power.has(serverId)) return;
    power.set(serverId, state);
    for (const listener of listeners) listener(serverId, state);
  }
  const done = (): Promise<void> => Promise.resolve();

  return {
    create: (spec) => {
      power.set(spec.serverId, "off");
      return done();
    },
    powerOn: (serverId) => {
      set(serverId, "running");
      return done();
    },
    shutdown: (serverId) => {
      void clock.wait(latencies.cleanPowerOff * 1000).then(() => set(serverId, "off"));
      return done();
    },
    powerOff: (serverId) => {
      set(serverId, "off");
      return done();
    },
    reset: (serverId) => {
      set(serverId, "running");
      return done();
    },
    reboot: done,
    rebuild: done,
    destroy: (serverId) => {
      power.delete(serverId);
      return done();
    },
    rename: done,
    resize: done,
    createVolume: done,
    resizeVolume: done,
    deleteVolume: done,
    attachVolume: done,
    detachVolume: done,
    restore: ({ servers }) => {
      for (const { spec, running } of servers) power.set(spec.serverId, running ? "running" : "off");
      return done();
    },
    powerState: (serverId) => {
      const state = power.get(serverId);
      if (!state) throw new Error(`there is no machine for server ${serverId}`);
      return state;
    },
    onPower: (listener) => {
      listeners.push(listener);
    },
    crash: done,
    dropSsh: done,
    close: done,
  };
}
