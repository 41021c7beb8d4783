// lease and takeOver, end to end on the emulated cloud: a staged server becomes the machine.
import { Lab } from "./support/lab";
import { temporaryFolders } from "./support/temporaryFolder";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

test("with the store on a volume: installed onto it, booted, verified", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  const hardware = await lab.stage(server, [home]);
  await lab.attach(home, server);
  await lab.must("lease", { ...lab.connection(server), volume: home, size: 10 });

  const document = lab.takeOverDocument(server, [home], hardware);
  const { output } = await lab.must("takeOver", document);

  expect(output).toEqual({ system: await lab.ssh(server, "readlink -f /run/current-system"), generation: 1 });
  expect(await lab.ssh(server, "hostname; for m in /home /nix; do findmnt -rn -o SOURCE,TARGET --mountpoint $m; done")).toMatch(
    /^devserver\n(\/dev\/\w+) \/home\n\1\[\/\.nix\] \/nix$/,
  );
  expect(lab.cloud.isServed("devserver")).toBe(true);

  const nothing = await lab.must("switch", { ...document, hostKey: undefined });
  expect(nothing.output).toMatchObject({ ...output, changed: false });
  expect(nothing.stderr).not.toContain("building");

  const again = await lab.must("takeOver", document);
  expect(again.output).toEqual(output);
  expect(again.stderr).toContain("NixOS is installed already");
});

test("a new server takes over kept volumes, home and store apart: data and host key are the same, former generations are out of the menu", async () => {
  const first = await lab.newServer("devserver-1");
  const volumes = [await lab.newVolume("home", { store: false }), await lab.newVolume("nix", { mountPoint: "/nix" })];
  await lab.makeMachine(first, volumes);
  await lab.ssh(first, "echo kept > /home/file");
  const old = await lab.ssh(first, "readlink -f /run/current-system");
  for (const disk of volumes) {
    await lab.must("release", { ...lab.connection(first), volume: disk });
    await lab.detach(disk);
  }

  const second = await lab.newServer("devserver-2");
  await lab.makeMachine(second, volumes);

  expect(await lab.ssh(second, "cat /home/file; findmnt -rn -o TARGET --mountpoint /nix")).toBe("kept\n/nix");
  expect(await lab.ssh(second, "ls /nix/var/nix/profiles | grep -c 'system-.*-link'")).toBe("1");
  expect(await lab.ssh(second, `ls -d ${old}`)).toBe(old);
  expect(lab.cloud.journal.violations()).toEqual([]);
});

test("the systems of a former server are held until the machine is well on the new one, and are garbage from then on", async () => {
  const first = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  await lab.makeMachine(first, [home]);
  const old = await lab.ssh(first, "readlink -f /run/current-system");
  await lab.must("release", { ...lab.connection(first), volume: home });
  await lab.detach(home);

  lab.describeSystem({ programs: { "vps-health": "#!/bin/sh\n[ -e /run/well ] || { echo 'FAIL  queue: no worker'; exit 1; }\n" } });
  const second = await lab.newServer("devserver-2");
  const document = lab.takeOverDocument(second, [home], await lab.stage(second, [home]));
  await lab.attach(home, second);
  const collected = `nix-collect-garbage -d >&2; test -e ${old} && echo held || echo gone`;

  const sick = await lab.run("takeOver", document, { NIXOS_VPS_LIMIT_FACTOR: "0.2" });
  expect([sick.code, sick.stderr]).toEqual([1, expect.stringContaining("is not well: queue")]);
  expect(await lab.ssh(second, collected)).toBe("held");

  await lab.ssh(second, "touch /run/well");
  await lab.must("takeOver", document);
  expect(await lab.ssh(second, collected)).toBe("gone");
});

test("with the store on the root disk the volume is mounted into the machine that runs already", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home", { store: false });
  const boot = await lab.stage(server, [home]).then(() => lab.ssh(server, "cat /proc/sys/kernel/random/boot_id"));

  await lab.makeMachine(server, [home]);

  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id; mountpoint /home")).toBe(`${boot}\n/home is a mountpoint`);
  expect(lab.cloud.isServed("devserver")).toBe(true);
});

test("volumes that were taken out or added after the installation do not hold the take-over up: the switch brings what is new", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home", { store: false });
  const data = await lab.newVolume("data", { store: false, mountPoint: "/srv/data" });
  const hardware = await lab.stage(server, [home]);
  const note = "test -e /var/lib/nixos-vps/volumes-unchecked && echo note || echo none";
  expect(await lab.ssh(server, note)).toBe("note");

  await lab.must("takeOver", lab.takeOverDocument(server, [], hardware));
  expect(await lab.ssh(server, note)).toBe("none");

  await lab.attach(data, server);
  const document = lab.takeOverDocument(server, [data], hardware);
  const { stderr } = await lab.must("takeOver", document);
  expect(stderr).toMatch(/\/srv\/data: .*the switch that follows brings it/);
  await lab.must("switch", { ...document, hostKey: undefined });
  expect(await lab.ssh(server, "mountpoint /srv/data")).toBe("/srv/data is a mountpoint");
});

// What else it refuses, see volumes/.
test("a volume that holds no file system is refused in words, and nothing is installed", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home", {}, null);
  const hardware = await lab.stage(server, [home]);
  await lab.attach(home, server);

  const { code, stderr } = await lab.run("takeOver", lab.takeOverDocument(server, [home], hardware));

  expect(code).toBe(1);
  expect(stderr).toMatch(/no file system that could be recognised.*never here/s);
  expect(await lab.ssh(server, "ls -A /mnt/nix 2>/dev/null || true", "bootstrap")).toBe("");
});

test("a server that was never staged is not taken over", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  const hardware = { rootDisk: "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1", firmware: "bios" as const, mac: null };

  const { code, stderr } = await lab.run("takeOver", lab.takeOverDocument(server, [home], hardware));

  expect(code).toBe(1);
  expect(stderr).toMatch(/runs its cloud image again.*Recreate the machine/s);
});
