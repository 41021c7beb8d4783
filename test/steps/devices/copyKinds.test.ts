// What becomes a copy of another volume is overwritten from end to end. So nothing but a blank one is begun, and nothing but a begun one is
// written to, whatever stands in its place; every other keeps every byte.
import { gzipSync } from "node:zlib";
import { kinds } from "../support/devices";
import { describeAsRoot } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();
const REFUSED = 3;
const [SOURCE, OTHER_SOURCE] = ["18", "19"];
const MIB = 1024 * 1024;
const PIECE = gzipSync(Buffer.alloc(MIB, "x"));
const DIGEST_OF_NONE = "0".repeat(64);

let volume: VolumeInPlace;
afterEach(() => volume.stop());

const begin = async (source: string, ...digest: string[]): Promise<string> =>
  (await volume.script("beginCopy", [volume.device, source, "1", ...digest])).stdout.trim();

const receive = (source: string): ReturnType<VolumeInPlace["script"]> =>
  volume.script("receiveChunks", [volume.device, source, "1", "7"], { payload: PIECE });

describeAsRoot("nothing is copied onto what is not blank:", () => {
  test.each(kinds().map((kind) => [kind.what, kind] as const))("%s", async (what, kind) => {
    volume = await VolumeInPlace.start(newFolder(), "debian", kind);
    const before = volume.digest();

    const unasked = await receive(SOURCE);
    const withDigest = await begin(SOURCE, DIGEST_OF_NONE);

    expect([unasked.code, unasked.stdout, withDigest]).toEqual([REFUSED, "", "copy other"]);
    expect(unasked.stderr).toContain("nothing is written to it");
    expect(volume.digest()).toBe(before);
    if (what === "a blank one") return; // which is what the next test is about
    expect(await begin(SOURCE)).toBe("copy other");
    expect((await receive(SOURCE)).code).toBe(REFUSED);
    expect(volume.digest()).toBe(before);
  });
});

describeAsRoot("a blank volume", () => {
  test("is begun for one source, and takes pieces of that alone", async () => {
    volume = await VolumeInPlace.start(newFolder(), "debian", { make: ":" });

    expect(await begin(SOURCE)).toBe("copy blank");
    const begun = volume.digest();
    expect([await begin(SOURCE), await begin(OTHER_SOURCE)]).toEqual(["copy marked", "copy other"]);
    expect((await receive(OTHER_SOURCE)).code).toBe(REFUSED);
    expect(volume.digest()).toBe(begun);
    expect((await receive(SOURCE)).stdout).toBe("received 1\n");
  });
});
