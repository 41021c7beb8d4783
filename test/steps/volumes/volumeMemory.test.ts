// What this computer remembers of a volume, against an API that is played: which file system held a machine's data, and when that is over.
import { type ApiEmulator, startEmulator } from "../../../emulator/src";
import { fileSystemDevice, type VolumeFacts } from "../../../steps/facts";
import { createProgress } from "../../../steps/progress";
import { recall, remember } from "../../../steps/volumes/volumeMemory";
import { sampleFacts, volume } from "../support/samples";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const [FIRST, SECOND] = ["0b9b1f2e-5d7c-4c1e-9a56-0f6a3c1d2e4f", "6d0c5a41-7f11-4a0e-8a87-0d9d7f3a5b21"];
const token = "t".repeat(64);
const progress = createProgress({ machine: "devserver", secrets: [], write: () => undefined });

let cloud: ApiEmulator;
let home: VolumeFacts;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  cloud = await startEmulator({ machines: false, latencies: "instant" });
  environment = { ...process.env, XDG_STATE_HOME: newFolder(), HCLOUD_TOKEN: token };
  const made = await fetch(`${cloud.url}/volumes`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "home", size: 10, location: "fsn1" }),
  });
  home = volume(((await made.json()) as { volume: { id: number } }).volume.id);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await cloud.stop();
});

/** A take-over: what it expected on the volume, which then has this file system with something on it, or nothing. */
async function takeOver(found: string | undefined, told?: string, { asItIs = false } = {}): Promise<string | undefined> {
  jest.replaceProperty(process, "env", { ...environment, ...(asItIs && { NIXOS_VPS_TAKE_VOLUME_AS_IT_IS: home.id.toString() }) });
  const input = { api: { endpoint: cloud.url, token }, facts: sampleFacts("", [home]), ...(told && { fileSystemsBefore: { home: told } }) };
  const memories = await recall(input, progress);
  remember(input, memories, new Map(found === undefined ? [] : [[fileSystemDevice(home), found]]));
  return memories.get(home.id)?.fileSystem;
}

test("a volume that was emptied on purpose and taken as it is owes nothing at the next take-over, though it is still empty", async () => {
  await takeOver(FIRST);
  await takeOver(undefined, undefined, { asItIs: true });

  expect(await takeOver(undefined)).toBeUndefined();
});

test("a volume that was taken as it is, with other data on it, is known by these from then on", async () => {
  await takeOver(FIRST);
  await takeOver(SECOND, undefined, { asItIs: true });

  expect(await takeOver(SECOND)).toBe(SECOND);
});

test("without such a word what was known stays known, whatever was seen", async () => {
  await takeOver(FIRST);
  await takeOver(undefined);

  expect(await takeOver(FIRST)).toBe(FIRST);
});

test("what the stack tells, and was seen, replaces what this computer had noted", async () => {
  await takeOver(FIRST);
  await takeOver(SECOND, SECOND);

  expect(await takeOver(SECOND)).toBe(SECOND);
});
