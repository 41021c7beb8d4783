// The scripts by which one volume is copied onto another, on real devices.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, NamespaceMachine, type Outcome } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { remoteScript } from "../../../steps/ssh/remote";
import { spawnSync } from "node:child_process";

const newFolder = temporaryFolders();
const REFUSED = 3;
/** 16 pieces of 1 MiB, the first, the sixth and the last with something in them. */
const FULL = 'for n in 0 5 15; do head -c 1M /dev/urandom | dd of="$1" bs=1M seek=$n conv=notrunc status=none; done';
const PIECES = Array.from({ length: 16 }, (_, piece) => String(piece));

let machine: NamespaceMachine;
let folder: string;
beforeEach(async () => {
  folder = newFolder();
  machine = await NamespaceMachine.start(folder, "debian");
});
afterEach(() => machine.stop());

const digest = (name: string): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, name)))
    .digest("hex");

async function chunks(device: string): Promise<string[]> {
  return (await machine.script("chunkDigests", [device, "1", ...PIECES])).results.all("chunk");
}

/** What the script writes, which is no text. */
async function sent(device: string, pieces: string[]): Promise<Buffer> {
  const { stdout } = spawnSync("bash", ["-s", "--", device, "1", ...pieces], { input: await remoteScript("sendChunks"), maxBuffer: 1e9 });
  return stdout;
}

const SOURCE = "101";
const receive = (device: string, pieces: string[], payload: Buffer, source = SOURCE): Promise<Outcome> =>
  machine.script("receiveChunks", [device, source, "1", ...pieces], { payload });
const begin = async (device: string, ...digest: string[]): Promise<string> =>
  (await machine.script("beginCopy", [device, SOURCE, "1", ...digest])).results.get("copy");

describeAsRoot("copying a volume", () => {
  test("the pieces that differ are sent, and then all are equal", async () => {
    const source = await machine.disk("source", FULL);
    const target = await machine.disk("target", ":");
    const before = digest("source");
    expect(await begin(target)).toBe("blank");
    const [wanted, found] = [await chunks(source), await chunks(target)];
    const different = PIECES.filter((piece) => wanted[Number(piece)] !== found[Number(piece)]);
    expect(different).toEqual(["0", "5", "15"]);
    expect(wanted.filter((line) => line.endsWith(" zero"))).toHaveLength(13);

    for (const pieces of [["5", "15"], ["0"]]) {
      const { code, results } = await receive(target, pieces, await sent(source, pieces));
      expect([code, results.get("received")]).toEqual([0, pieces.length.toString()]);
    }

    expect(digest("target")).toBe(before);
    expect(digest("source")).toBe(before);
  });

  test.each([
    ["an ext4", 'mkfs.ext4 -q "$1"'],
    ["a single byte somewhere", 'printf x | dd of="$1" bs=1 seek=9999999 conv=notrunc status=none'],
    ["a copy of another volume in the making", 'echo "nixos-vps: becoming a copy of volume 102" | dd of="$1" conv=notrunc status=none'],
    ["a copy that was finished, and written to since", FULL],
  ])("%s is not begun and not overwritten", async (_what, make) => {
    const source = await machine.disk("source", FULL);
    const target = await machine.disk("target", make);
    const before = digest("target");
    const first = (await chunks(source))[0]?.split(" ")[1] ?? "";

    expect([await begin(target), await begin(target, first)]).toEqual(["other", "other"]);
    const { code, stderr } = await receive(target, ["5"], await sent(source, ["5"]));

    expect([code, stderr]).toEqual([REFUSED, expect.stringContaining("no copy of the volume 101 in the making")]);
    expect(digest("target")).toBe(before);
  });

  test("cut off anywhere it is still known, until the last piece has made it whole; a whole one is mended where its first piece is the original's", async () => {
    const source = await machine.disk("source", FULL);
    const target = await machine.disk("target", ":");
    const first = (await chunks(source))[0]?.split(" ")[1] ?? "";
    const last = await sent(source, ["0"]);
    await begin(target);
    await receive(target, ["5"], await sent(source, ["5"]));
    expect(await begin(target)).toBe("marked");

    const cut = await receive(target, ["0"], last.subarray(0, last.length / 2));
    expect([cut.code === 0, await begin(target)]).toEqual([false, "marked"]);
    expect((await receive(target, ["5", "0"], last)).stderr).toContain("comes alone");
    expect((await receive(target, ["0"], last)).code).toBe(0);
    expect(await begin(target)).toBe("other");

    expect(await begin(target, first)).toBe("marked");
    await receive(target, ["15"], await sent(source, ["15"]));
    await receive(target, ["0"], last);
    expect(digest("target")).toBe(digest("source"));
  });

  test("a stream that is cut off is an error, and the digests show which pieces are missing", async () => {
    const source = await machine.disk("source", FULL);
    const target = await machine.disk("target", ":");
    await begin(target);
    const whole = await sent(source, ["4", "5", "15"]);

    const { code } = await receive(target, ["4", "5", "15"], whole.subarray(0, whole.length / 2));

    expect(code).not.toBe(0);
    const [wanted, found] = [await chunks(source), await chunks(target)];
    expect(found[4]).toBe(wanted[4]);
    expect(found[15]).not.toBe(wanted[15]);
  });

  test("what is mounted, too small or not there is refused, and not a byte is written", async () => {
    const source = await machine.disk("source", FULL);
    const target = await machine.disk("target", 'mkfs.ext4 -q "$1"');
    const marked = await machine.disk("marked", ":");
    await begin(marked);
    const piece = await sent(source, ["0"]);
    machine.sh(`mkdir -p /srv/data && mount -o ro ${target} /srv/data`);
    const before = digest("target");

    const mounted = await receive(target, ["0"], piece);
    machine.sh("umount /srv/data");
    const small = await receive(marked, ["16"], piece);
    const gone = await receive("/dev/disk/by-id/scsi-0HC_Volume_0", ["0"], piece);

    expect([mounted.code, mounted.stderr]).toEqual([REFUSED, expect.stringContaining("is no copy in the making")]);
    expect([small.code, small.stderr]).toEqual([REFUSED, expect.stringContaining("too few for piece 16")]);
    expect([gone.code, gone.stderr]).toEqual([REFUSED, expect.stringContaining("is not here")]);
    expect(digest("target")).toBe(before);
    expect((await machine.script("chunkDigests", [target, "1", "16"])).code).toBe(REFUSED);
  });
});
