// A whole world for one measurement: emulated cloud, project, stack, person. Gone afterwards, however the measurement ends.
import type { EmulatorOptions } from "../emulator/src";
import { newWorld, type World } from "../test/lifecycle/support/world";

export { DEVSERVER, type MachineSettings, type World } from "../test/lifecycle/support/world";

/** The machine of a measurement that needs one. */
export const MACHINE = "devserver";

export async function inWorld<T>(options: EmulatorOptions, work: (world: World) => Promise<T>): Promise<T> {
  const world = await newWorld(options);
  try {
    return await work(world);
  } finally {
    await world.end();
  }
}
