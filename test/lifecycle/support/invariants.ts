// What has to be true of the cloud after any story, whatever went wrong in it (DESIGN §7).
import { type World, outputsOf } from "./world";

const NOTE = "precious";

/** Puts something on the volume that must never be lost. */
export async function leaveNote(world: World, machine = "devserver"): Promise<void> {
  await world.ssh(machine, "cat > /home/qwe/note", NOTE);
}

interface Expected {
  volumes?: number;
  /** Whether a note was left before. */
  note?: boolean;
}

/** One server, one volume by machine and purpose, the data there, the state equal to the cloud, nothing forbidden in the journal. */
export async function expectOneMachine(world: World, expected: Expected = {}): Promise<void> {
  expect(await brokenInvariants(world, expected)).toEqual([]);
}

/** @returns what is not as it must be, in words; empty when all is well */
export async function brokenInvariants(world: World, { volumes = 1, note = true }: Expected = {}): Promise<string[]> {
  const cloud = world.cloud.snapshot();
  const { serverId, volumeIds } = await outputsOf(world);
  const broken: string[] = world.cloud.journal.violations().map(({ text }) => `violation: ${text}`);
  const mustBe = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      broken.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
    }
  };
  const ids = (list: { id: number }[]): number[] => list.map(({ id }) => id).sort((a, b) => a - b);
  mustBe("servers", ids(cloud.servers), [serverId]);
  mustBe("number of volumes", cloud.volumes.length, volumes);
  mustBe(
    "volumes of the machine",
    Object.values(volumeIds).sort((a, b) => a - b),
    ids(cloud.volumes),
  );
  mustBe(
    "servers that hold the volumes",
    cloud.volumes.map(({ server }) => server),
    cloud.volumes.map(() => serverId),
  );
  mustBe("orphaned addresses", ids(cloud.primaryIps.filter(({ assignee }) => assignee === null)), []);
  // Of which a machine has one each.
  mustBe("ssh keys and firewalls more than one", [cloud.sshKeys.slice(1), cloud.firewalls.slice(1)], [[], []]);
  if (note) mustBe("the note", await world.ssh("devserver", "cat /home/qwe/note"), NOTE);
  return broken;
}
