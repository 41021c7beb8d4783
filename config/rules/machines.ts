import { serverNameStem, volumeNameAtHetzner } from "../names";
import type { Subject } from "./subject";

/** Machines whose names differ, but not in what Hetzner sees of them. */
export function checkNamesApart(subjects: readonly Subject[]): void {
  const stems = new Map<string, string>();
  const volumes = new Map<string, string>();
  for (const { name, written, at, problems, context } of subjects) {
    const stem = serverNameStem(context.stack, name);
    const twin = stems.get(stem);
    if (twin !== undefined) {
      problems.add(at, `cannot be told from ${twin}: the names of their servers are cut to ${stem}. Choose names that differ earlier.`);
    }
    stems.set(stem, name);

    for (const volume of Object.keys(written.volumes ?? {})) {
      const whole = volumeNameAtHetzner(context.stack, name, volume);
      const other = volumes.get(whole);
      if (other !== undefined) {
        problems.add([...at, "volumes", volume], `would be called ${whole} at Hetzner, as would ${other}. Rename one of them.`);
      }
      volumes.set(whole, `the volume ${volume} of ${name}`);
    }
  }
}
