// The life of an encrypted volume, from the first `up`, which makes no file system on it, to its return after a destroy.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot } from "../steps/support/namespaceMachine";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { runVps } from "./support/vps";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

const PASSPHRASE = "correct horse battery staple";
const PLACE = "nixos-vps:machines.devserver.volumes.home.passphrase";
// A volume of 10 GB is read as a whole, whatever else the computer does.
jest.setTimeout(1_200_000);

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

async function configure(settings: object, passphrase = PASSPHRASE): Promise<void> {
  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 10, encrypted: true } }, ...settings } });
  await world.stack.run(["config", "set", "--secret", "--path", PLACE, passphrase]);
}

async function vps(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { code, stdout, stderr } = await runVps(world, args);
  return { code, output: stdout + stderr };
}

const failureOf = async (up: Promise<unknown>): Promise<string> =>
  up.then(
    () => "it succeeded",
    (error: unknown) => String(error),
  );

/** Everything that Pulumi and the steps have left on this computer, whether a passphrase is in it or not. */
function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

describeAsRoot("an encrypted volume", () => {
  test("is initialised on order alone, opened by its machine alone, and keeps its data through recreate, destroy and wrong passphrases", async () => {
    let printed = "";
    const keep = (words: string): string => {
      printed += words;
      return words;
    };

    // given a first up, which makes a volume without a file system and stops in front of it
    await configure({});
    expect(keep(await failureOf(world.stack.up()))).toMatch(/nothing could be recognised on it.*npx vps volume initialise devserver home/s);

    // when it is initialised, then the next up goes on
    const initialised = await vps("volume", "initialise", "devserver", "home", "--yes");
    expect([initialised.code, keep(initialised.output)]).toEqual([0, expect.stringContaining("is encrypted and empty now")]);
    expect(initialised.output).toContain("every byte is zero");
    keep((await world.stack.up()).output);
    await leaveNote(world);
    await expectOneMachine(world);
    expect(await world.ssh("devserver", "findmnt -rn -o SOURCE /home; sudo stat -c %a:%U /etc/secrets/volumes/home")).toBe(
      "/dev/mapper/volume-home\n600:root",
    );
    expect(await world.ssh("devserver", "sudo blkid -p -o value -s TYPE /dev/disk/by-id/scsi-0HC_Volume_*")).toBe("crypto_LUKS");
    expect((await vps("volume", "initialise", "devserver", "home", "--yes")).output).toMatch(
      /is open.*was initialised already|nothing was done/s,
    );

    // when it is to be recreated with another passphrase, then that is refused while the machine serves, and lost is nothing
    await configure({ recreate: 1 }, "another horse, another battery");
    expect(keep(await failureOf(world.stack.up()))).toMatch(/the passphrase in the configuration does not open the volume home/);
    expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe("precious");
    await configure({ recreate: 1 });
    keep((await world.stack.up()).output);
    await expectOneMachine(world);

    // when it is to be taken for a plain one, then nothing is changed
    const { serverId } = await outputsOf(world);
    const began = world.events.mark();
    world.configure({ devserver: { ...DEVSERVER, recreate: 2 } });
    expect(await failureOf(world.stack.up())).toMatch(/is encrypted, and nothing here decrypts what is there already. Nothing was changed/);
    expect(world.events.changesSince(began)).toEqual([]);
    await configure({ recreate: 1 });
    keep((await world.stack.up()).output);
    expect((await outputsOf(world)).serverId).toBe(serverId);

    // when everything is destroyed, then it is kept and taken again
    keep((await world.stack.destroy()).output);
    expect(world.cloud.snapshot().volumes).toHaveLength(1);
    keep((await world.stack.up()).output);
    await expectOneMachine(world);

    // and the passphrase was nowhere but in the key file
    const onMachine = await world.ssh("devserver", "sudo grep -rlF -f - /nix/store /etc /run /var 2>/dev/null || true", PASSPHRASE);
    expect(onMachine).toBe("/etc/secrets/volumes/home");
    const left = filesBelow(world.project.backend) + filesBelow(join(world.project.folder, "..", "xdg-state"));
    expect(printed + left + readFileSync(world.events.stepLog, "utf8")).not.toContain("horse");
    expect(JSON.stringify(world.cloud.journal.entries)).not.toContain("horse");
  });
});
