// An encrypted volume beside the store, end to end on the emulated cloud: it comes to a machine that runs, grows, leaves, and comes to the next.
// One that carries the store is in test/lifecycle/encrypted.test.ts.
import { describeAsRoot } from "../support/namespaceMachine";
import { Lab } from "../support/lab";
import { temporaryFolders } from "../support/temporaryFolder";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
const PASSPHRASE = "correct horse battery staple";
const passphrases = { data: PASSPHRASE };
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

describeAsRoot("an encrypted volume beside the store", () => {
  test("comes with the switch once it was initialised, grows, is closed by the release, and is opened for the next server", async () => {
    const first = await lab.newServer("devserver-1");
    const data = await lab.newVolume("data", { mountPoint: "/srv/data", store: false, encrypted: true }, null);
    const hardware = await lab.makeMachine(first, []);
    await lab.attach(data, first);
    await lab.must("lease", { ...lab.connection(first), volume: data, size: 10 });
    const change = { ...lab.takeOverDocument(first, [data], hardware), hostKey: undefined, passphrases };

    // Blank: refused in words, and the machine is as it was.
    const blank = await lab.run("switch", change);
    expect([blank.code, blank.stderr]).toEqual([1, expect.stringContaining("npx vps volume initialise devserver data")]);
    expect(await lab.ssh(first, "ls /etc/secrets 2>/dev/null; grep -c /srv/data /etc/fstab || true")).toBe("0");

    await lab.ssh(
      first,
      `printf %s '${PASSPHRASE}' | cryptsetup luksFormat -q --key-file=- ${data.device} && printf %s '${PASSPHRASE}' | cryptsetup open --key-file=- ${data.device} new && mkfs.ext4 -q /dev/mapper/new && cryptsetup close new`,
    );
    expect((await lab.must("switch", change)).output).toMatchObject({ changed: true });
    expect(await lab.ssh(first, "findmnt -rn -o SOURCE /srv/data; cat /etc/secrets/volumes/data; echo kept >/srv/data/file")).toBe(
      `/dev/mapper/volume-data\n${PASSPHRASE}`,
    );

    // Another passphrase in the configuration alone: nothing changes.
    const wrong = await lab.run("switch", { ...change, passphrases: { data: "another horse, another battery" } });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("does not open the volume data")]);
    expect(wrong.stderr).not.toMatch(/another horse|correct horse/);
    expect(await lab.ssh(first, "cat /etc/secrets/volumes/data /srv/data/file")).toBe(`${PASSPHRASE}kept`);

    await lab.api("POST", `/volumes/${data.id}/actions/resize`, { size: 12 });
    const grown = await lab.must("grow", { ...lab.connection(first), volume: data, size: 12 });
    expect(grown.stderr).toMatch(/the file system (has|grows)/);

    const released = await lab.must("release", { ...lab.connection(first), volume: data });
    expect([released.output["how"], await lab.ssh(first, "ls /dev/mapper")]).toEqual(["unmounted", ""]);
    await lab.detach(data);

    // A new server is installed before the volume comes.
    const second = await lab.newServer("devserver-2");
    const staged = await lab.must("stage", { ...lab.stageDocument(second, [data]), passphrases });
    await lab.attach(data, second);
    await lab.must("lease", { ...lab.connection(second), volume: data, size: 12 });
    await lab.must("takeOver", { ...lab.takeOverDocument(second, [data], staged.output["hardware"] as typeof hardware), passphrases });
    expect(await lab.ssh(second, "cat /srv/data/file; stat -c %a:%U /etc/secrets/volumes /etc/secrets/volumes/data")).toBe(
      "kept\n700:root\n600:root",
    );
    expect(lab.cloud.journal.violations()).toEqual([]);
  });
});
