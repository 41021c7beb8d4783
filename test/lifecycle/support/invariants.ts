// What has to be true of the cloud after any story, whatever went wrong in it (DESIGN §7).
import { type World, outputsOf } from "./world";

const NOTE = "precious";

/** Puts something on the volume that must never be lost. */
export async function leaveNote(world: World, machine = "devserver"): Promise<void> {
  await world.ssh(machine, "cat > /home/qwe/note", NOTE);
}

/** One server, one volume by machine and purpose, the data there, the state equal to the cloud, nothing forbidden in the journal. */
export async function expectOneMachine(world: World, { volumes = 1, note = true } = {}): Promise<void> {
  const { servers, volumes: found } = world.cloud.snapshot();
  expect(world.cloud.journal.violations()).toEqual([]);
  expect(servers).toHaveLength(1);
  expect(found).toHaveLength(volumes);
  const outputs = await outputsOf(world);
  expect(servers[0]?.id).toBe(outputs.serverId);
  expect(Object.values(outputs.volumeIds).sort()).toEqual(found.map((volume) => volume.id).sort());
  expect(found.every((volume) => volume.server === outputs.serverId)).toBe(true);
  if (note) expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe(NOTE);
}
