// What was released is not mounted again before it is detached, and is when the machine gets it back: the scripts against a systemctl that
// is played, on real mounts.
import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, NamespaceMachine, type Outcome } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const UNIT = "srv-data.mount";
const VOLUME = "/dev/disk/by-id/scsi-0HC_Volume_17";

/** One at a time, as systemd does what it is told. What is masked is not started. */
const SYSTEMCTL = `#!/bin/bash
exec 8>/run/played.lock
flock 8
mask=/run/systemd/system/${UNIT}
case "$*" in
"mask --runtime ${UNIT}") mkdir -p "\${mask%/*}" && ln -sfn /dev/null "$mask" ;;
"unmask --runtime ${UNIT}") rm -f "$mask" ;;
"stop ${UNIT}") ! mountpoint -q /srv/data || umount /srv/data ;;
"start ${UNIT}" | "start --no-block ${UNIT}") [ ! -e "$mask" ] && { mountpoint -q /srv/data || mount "$VOLUME" /srv/data; } ;;
"is-active --quiet ${UNIT}") mountpoint -q /srv/data ;;
"is-masked") [ -e "$mask" ] ;;
esac
`;
const ESCAPE = `#!/bin/sh\necho ${UNIT}\n`;

let machine: NamespaceMachine;
let folder: string;
let device: string;

beforeEach(() => {
  folder = newFolder();
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/fstab"), `${VOLUME} /srv/data ext4 noatime,nofail 0 2\n`);
  program("systemctl", SYSTEMCTL);
  program("systemd-escape", ESCAPE);
  program("loginctl", "#!/bin/sh\n");
});
afterEach(() => machine.stop());

function program(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), 0o755);
}

async function mounted(): Promise<void> {
  machine = await NamespaceMachine.start(folder, "nixos");
  device = await machine.disk("volume", 'mkfs.ext4 -q "$1"');
  machine.sh(`mkdir -p /srv/data; mount ${device} /srv/data; echo kept >/srv/data/file`);
}

const script = (name: string, args: string[]): Promise<Outcome> =>
  machine.script(name, args, { env: { PATH: `${folder}:${process.env.PATH ?? ""}`, VOLUME: device, SYSTEM: folder } });
const release = async (): Promise<string> => (await script("releaseVolume", [device, "/srv/data"])).results.get("use");
const isMounted = (): boolean => machine.sh(`findmnt -rn -S ${device} || true`) !== "";
const isMasked = (): boolean => machine.sh(`${join(folder, "systemctl")} is-masked && echo yes || echo no`) === "yes";

/** A service that wants the volume again and again, as a socket or a timer makes it. */
async function somebodyWantsIt(): Promise<{ process: ChildProcess; tries: (count: number) => Promise<void> }> {
  machine.sh("mkfifo /run/never");
  const process = machine.start(
    `export VOLUME=${device}; while :; do ${folder}/systemctl start ${UNIT}; echo tried; read -rt 0.05 <>/run/never; done`,
  );
  const tries = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left--) if (process.stdout) await once(process.stdout, "data");
  };
  await tries(1);
  return { process, tries };
}

describeAsRoot("a volume that was released", () => {
  test("stays away from whoever goes on wanting it until it is detached", async () => {
    await mounted();
    const { process, tries } = await somebodyWantsIt();
    try {
      expect(await release()).toBe("ended");

      await tries(3);
      expect(isMounted()).toBe(false);
    } finally {
      process.kill("SIGKILL");
    }
  });

  test("stays away also when it was not mounted then", async () => {
    await mounted();
    machine.sh("umount /srv/data");

    expect(await release()).toBe("none");

    const { process } = await somebodyWantsIt();
    process.kill("SIGKILL");
    expect(isMounted()).toBe(false);
  });

  test.each([
    ["a lease", "allowMount", () => [device, "/srv/data"], "now"],
    ["a take-over", "mountNow", () => ["/srv/data", VOLUME], "/srv/data"],
  ])("and is kept is mounted again with %s", async (_, name, args, words) => {
    await mounted();
    expect([await release(), isMasked()]).toEqual(["ended", true]);

    const { code, stderr, stdout } = await script(name, args());

    expect([code, stderr, stdout]).toEqual([0, expect.anything(), expect.stringContaining(words)]);
    expect(machine.sh("cat /srv/data/file")).toBe("kept");
    expect((await script("allowMount", [device, "/srv/data"])).results.get("allowed")).toBe("already");
  });
});

// The configuration asked for another place, and the switch to it was refused or undone: the lease has heard of it already.
describeAsRoot("a volume that the machine has in another place than the step was told", () => {
  const elsewhere = async (name: string): Promise<Outcome> => script(name, [device, "/srv/elsewhere"]);

  test("is released and withheld where it is, and not called one that the machine goes on without", async () => {
    await mounted();
    writeFileSync(join(folder, "etc/fstab"), `${device} /srv/data ext4 noatime,nofail 0 2\n`);

    const { results } = await elsewhere("releaseVolume");

    expect([results.get("use"), results.get("removed"), isMasked()]).toEqual(["ended", "", true]);
    expect((await elsewhere("allowMount")).results.get("allowed")).toBe("now");
    expect(machine.sh("cat /srv/data/file")).toBe("kept");
  });

  test("is one that the machine goes on without where the system has it nowhere", async () => {
    await mounted();
    writeFileSync(join(folder, "etc/fstab"), "/dev/disk/by-label/root / ext4 defaults 0 1\n");

    expect((await elsewhere("releaseVolume")).results.get("removed")).toBe("yes");
  });
});

describeAsRoot("a volume that was not released is not withheld:", () => {
  test("its use could not be ended", async () => {
    await mounted();
    const container = machine.start("unshare -m bash -c 'echo in; exec sleep 1000'");
    if (container.stdout) await once(container.stdout, "data");
    try {
      expect(await release()).toMatch(/^system /);
      expect(isMasked()).toBe(false);
    } finally {
      container.kill("SIGKILL");
    }
  });

  test("the release was cut off when it had withheld it", async () => {
    await mounted();
    program("sync", "#!/bin/sh\nls /run/systemd/system >&2\nkill -HUP $PPID\n");

    const { code, stdout, stderr } = await script("releaseVolume", [device, "/srv/data"]);

    expect([code === 0, stdout, stderr]).toEqual([false, "", expect.stringContaining(UNIT)]);
    expect(isMasked()).toBe(false);
  });
});

describeAsRoot("a mount that the system does not have", () => {
  test("is not withheld: there is nothing that could start it", async () => {
    await mounted();
    writeFileSync(join(folder, "etc/fstab"), "");

    expect([await release(), isMasked()]).toEqual(["ended", false]);
  });
});
