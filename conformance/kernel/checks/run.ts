// Runs checks one after the other in one machine.
import type { Check, Lab } from "../lab";

/** Runs one, in a machine that has nothing of the one before. What is wrong is thrown. */
export async function runCheck(lab: Lab, check: Check): Promise<void> {
  await lab.clear();
  await lab.machine.become("installer");
  await check.run(lab);
}
