// A volume that held data and now does not is refused by name; one that never did is taken as it is.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Lab, type LabServer } from "../support/lab";
import { describeAsRoot, NamespaceMachine } from "../support/namespaceMachine";
import { machineLabels } from "../../../steps/labels";
import { temporaryFolders } from "../support/temporaryFolder";
import type { VolumeFacts } from "../../../steps/facts";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
const UUID = "0b9b1f2e-5d7c-4c1e-9a56-0f6a3c1d2e4f";
const EXT4 = `mkfs.ext4 -q -U ${UUID} "$1"`;
const REFUSED = 3;

describeAsRoot("on real devices, a volume that is known", () => {
  let machine: NamespaceMachine;
  let folder: string;
  beforeEach(async () => {
    folder = newFolder();
    machine = await NamespaceMachine.start(folder, "installer");
  });
  afterEach(() => machine.stop());

  const digest = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");

  test("is mounted with its file system and its data", async () => {
    const device = await machine.disk("home", `${EXT4}; debugfs -w -R "mkdir qwe" "$1" 2>/dev/null`);

    expect((await machine.script("mountForInstall", [device, "/home", ".nix", UUID])).code).toBe(0);
    expect((await machine.script("mountForInstall", [device, "/home", ".nix", UUID])).code).toBe(0);
  });

  test("with another file system is refused and left as it is", async () => {
    const device = await machine.disk("home", 'mkfs.ext4 -q "$1"');
    const before = digest("home");

    const { code, stderr } = await machine.script("mountForInstall", [device, "/home", ".nix", UUID]);
    const running = await machine.script("knownVolume", [device, UUID, "/home"]);

    expect([code, running.code]).toEqual([REFUSED, REFUSED]);
    expect(stderr).toMatch(new RegExp(`held the data of this machine on the file system ${UUID}, and now has another one`));
    expect(running.stderr).toContain("formatted");
    expect(digest("home")).toBe(before);
  });

  test("and empty is refused, and not mounted; the same one unknown is new and welcome", async () => {
    const device = await machine.disk("home", EXT4);

    const { code, stderr } = await machine.script("mountForInstall", [device, "/home", ".nix", UUID]);

    expect(code).toBe(REFUSED);
    expect(stderr).toMatch(/held the data of this machine \(\/home\), and now is empty/);
    expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
    expect((await machine.script("mountForInstall", [device, "/home", ".nix", ""])).code).toBe(0);
  });

  test.each([
    ["the right one", `${EXT4}; debugfs -w -R "mkdir qwe" "$1" 2>/dev/null`, 0, /^$/],
    ["an emptied one", EXT4, REFUSED, /held the data of this machine \(\/home\), and now is empty/],
    ["one that cannot be mounted", `${EXT4}; debugfs -w -R "clri <2>" "$1" 2>/dev/null`, REFUSED, /cannot be mounted|now is empty/],
  ])(
    "%s is told from the others without being changed or left mounted, and also after a look that was cut off",
    async (_what, make, code, words) => {
      const device = await machine.disk("home", make);
      const before = digest("home");
      if (code === 0) machine.sh(`mkdir -p /run/nixos-vps/look && mount -t ext4 -o ro,noload ${device} /run/nixos-vps/look`);

      const looked = await machine.script("knownVolume", [device, UUID, "/home"]);

      expect([looked.code, looked.stderr]).toEqual([code, expect.stringMatching(words)]);
      expect(machine.sh("findmnt -rn /run/nixos-vps/look || true")).toBe("");
      if (!/cannot be mounted/.test(looked.stderr)) expect(digest("home")).toBe(before);
    },
  );

  test("is looked at where it is mounted on the machine that serves; what that has not mounted says nothing", async () => {
    const device = await machine.disk("home", EXT4);
    const ask = (): ReturnType<NamespaceMachine["script"]> => machine.script("knownVolume", [device, UUID, "/home", "serving"]);
    expect((await ask()).results.get("known")).toBe("not asked");

    machine.sh(`mkdir /run/home && mount ${device} /run/home`);
    expect((await ask()).stderr).toContain("now is empty");

    machine.sh("mkdir /run/home/qwe");
    expect((await ask()).results.get("known")).toBe("yes");
  });
});

describe("on the emulated cloud", () => {
  let lab: Lab;
  let home: VolumeFacts;
  beforeEach(async () => {
    lab = await Lab.open(newFolder());
    home = await lab.newVolume("home");
  });
  afterEach(() => lab.close());

  async function staged(name: string): Promise<[LabServer, object]> {
    const server = await lab.newServer(name);
    const hardware = await lab.stage(server, [home]);
    await lab.attach(home, server);
    return [server, lab.takeOverDocument(server, [home], hardware)];
  }

  /** Until its next boot is over. */
  async function restart(server: LabServer): Promise<void> {
    const now = (): Promise<string> =>
      lab.ssh(server, "cat /proc/sys/kernel/random/boot_id; systemctl is-system-running || true").catch(() => "");
    const [before] = (await now()).split("\n");
    await lab.api("POST", `/servers/${server.id}/actions/reset`);
    await lab.until(async () => {
      const [boot, state = ""] = (await now()).split("\n");
      return boot !== before && /running|degraded/.test(state);
    });
  }

  test("a volume that was formatted after a machine ran with it is refused, and taken once a person says so", async () => {
    const [first, firstDocument] = await staged("devserver-1");
    await lab.must("takeOver", firstDocument);
    await lab.must("release", { ...lab.connection(first), volume: home });
    await lab.detach(home);
    const [second, document] = await staged("devserver-2");
    await lab.ssh(second, `mkfs.ext4 -qF ${home.device}`, "bootstrap");

    const { code, stderr } = await lab.run("takeOver", document);

    expect(code).toBe(1);
    expect(stderr).toMatch(/held the data of this machine.*was formatted/s);
    expect(await lab.ssh(second, "findmnt -rn /mnt/home || echo not mounted", "bootstrap")).toBe("not mounted");
    const [, name = "", id] = /now: (\w+)=(\d+) pulumi up/.exec(stderr) ?? [];
    expect(id).toBe(home.id.toString());
    await lab.must("takeOver", document, { [name]: id });
    expect(lab.cloud.isServed("devserver")).toBe(true);
  });

  test("a machine that runs already does not mount the volume, restarted or not, before it was seen to be the right one", async () => {
    home = await lab.newVolume("data", { store: false });
    const [first, firstDocument] = await staged("devserver-1");
    await lab.must("takeOver", firstDocument);
    await lab.must("release", { ...lab.connection(first), volume: home });
    await lab.ssh(first, `mkfs.ext4 -qF -U $(blkid -p -o value -s UUID ${home.device}) ${home.device}`);
    await lab.detach(home);
    const [second, document] = await staged("devserver-2");
    await restart(second);
    // The superblock tells of every mount, and where nothing was there is no folder.
    const content = `head -c 16M ${home.device} | sha256sum`;

    const before = await lab.ssh(second, content);
    const { code, stderr } = await lab.run("takeOver", document);

    expect([code, stderr]).toEqual([1, expect.stringMatching(/held the data of this machine.*now is empty/s)]);
    expect(await lab.ssh(second, `${content}; findmnt -rn /home || echo not mounted`)).toBe(`${before}\nnot mounted`);

    await lab.must("takeOver", document, { NIXOS_VPS_TAKE_VOLUME_AS_IT_IS: home.id.toString() });
    expect(lab.cloud.isServed("devserver")).toBe(true);
    await restart(second);
    expect(await lab.ssh(second, "mountpoint /home")).toBe("/home is a mountpoint");
  });

  test("what the machine's switch told of a volume is expected on it on every computer", async () => {
    home = await lab.newVolume("data", { store: false });
    const [first, firstDocument] = await staged("devserver-1");
    await lab.must("takeOver", firstDocument);
    const switched = { ...firstDocument, hostKey: undefined };
    const told = (await lab.must("switch", switched)).output["fileSystems"];
    lab.describeSystem({ etc: { motd: "changed" } });
    expect((await lab.must("switch", switched)).output).toMatchObject({ changed: true, fileSystems: told });
    await lab.must("release", { ...lab.connection(first), volume: home });
    await lab.ssh(first, `mkfs.ext4 -qF ${home.device}`);
    await lab.detach(home);
    const [, document] = await staged("devserver-2");
    const elsewhere = { XDG_STATE_HOME: newFolder() };

    const { code, stderr } = await lab.run("takeOver", { ...document, fileSystemsBefore: told }, elsewhere);

    expect(told).toEqual({ data: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/on the file system [0-9a-f-]{36}, and now has another one/)]);
    await lab.must("takeOver", document, elsewhere);
  });

  test("a volume that was emptied is refused by the stage, while the machine serves with it", async () => {
    home = await lab.newVolume("data", { store: false });
    const [first, document] = await staged("devserver-1");
    await lab.must("takeOver", document);
    await lab.api("PUT", `/servers/${first.id}`, { labels: machineLabels("lab", "devserver") });
    const second = await lab.newServer("devserver-2");
    await lab.ssh(first, "rm -rf /home/*");

    const { code, stderr } = await lab.run("stage", lab.stageDocument(second, [home]));

    expect([code, stderr]).toEqual([1, expect.stringMatching(/now is empty.*Nothing was changed/s)]);
    expect(lab.cloud.isServed("devserver")).toBe(true);
  });
});
