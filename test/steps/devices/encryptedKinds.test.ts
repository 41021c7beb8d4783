// The scripts for encrypted volumes against every kind of device that could stand in a volume's place: none is opened that is no LUKS of
// ours, nothing is made on any, no key is kept for any, and every byte stays what it is. What they do where all is as it should be is in
// encrypted.test.ts; what needs a device mapper, in conformance/kernel.
import { hasProgram, kinds } from "../support/devices";
import { describeAsRoot } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();
const REFUSED = 3;
/** Not the one of the LUKS among them. */
const PASSPHRASE = "correct horse battery staple";

const hasCryptsetup = hasProgram("cryptsetup");
if (!hasCryptsetup) console.warn("SKIPPED: cryptsetup is not installed, so nothing can be refused by it");
const describeReal = hasCryptsetup ? describeAsRoot : describe.skip;

let volume: VolumeInPlace;
afterEach(() => volume.stop());

const calls = (device: string): [script: string, args: string[]][] => [
  ["initialiseVolume", ["make", device, "home"]],
  ["openVolume", [device, "home", "devserver"]],
  ["keepKey", [device, "home", "devserver"]],
];

describeReal.each(["installer", "nixos"] as const)("on %s nothing is opened, made or kept, and every byte stays, of", (os) => {
  test.each(kinds().map((kind) => [kind.what, kind] as const))("%s", async (_what, kind) => {
    volume = await VolumeInPlace.start(newFolder(), os, kind);
    const before = volume.digest();

    for (const [script, args] of calls(volume.device)) {
      const { code, stdout, stderr } = await volume.script(script, args, { payload: PASSPHRASE });

      expect([script, stderr, code, stdout]).toEqual([script, stderr, REFUSED, ""]);
      expect([script, volume.digest()]).toEqual([script, before]);
      // Except by the installer, which keeps no keys, and says so before it looks.
      if (script !== "keepKey" || os === "nixos") expect(stderr).toContain(volume.device);
      expect(stderr).not.toContain(PASSPHRASE);
    }
    expect(volume.keys()).toEqual([]);
  });
});
