// release and shutDown, end to end: a volume leaves its server only when it is certain that nothing uses it.
import { Lab, type LabServer, type StepRun } from "./support/lab";
import { newKeyPair } from "./support/samples";
import { temporaryFolders } from "./support/temporaryFolder";
import type { VolumeFacts } from "../../steps/facts";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

const IMPATIENT = { NIXOS_VPS_LIMIT_FACTOR: "0.02" };

function release(server: LabServer, volume: VolumeFacts, over: object = {}, env: NodeJS.ProcessEnv = {}): Promise<StepRun> {
  return lab.run("release", { ...lab.connection(server), volume, ...over }, env);
}

const how = (run: StepRun): unknown => (run.code === 0 ? run.output?.how : run.stderr);

/** Volumes that were taken from a machine that still had them mounted. */
const violations = (): unknown[] => lab.cloud.journal.violations();

describe("where there is nothing to do it is done at once", () => {
  test("the server is gone, the volume is gone, or it is on no server", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");

    expect(how(await release({ ...server, id: 999_999 }, home))).toBe("gone");
    expect(how(await release(server, { ...home, id: 999_999 }))).toBe("gone");
    expect(how(await release(server, home))).toBe("unused");
  });

  test("the server is off", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");
    await lab.attach(home, server);
    await lab.api("POST", `/servers/${server.id}/actions/poweroff`);

    expect(how(await release(server, home))).toBe("unused");
    expect(how(await lab.run("shutDown", lab.connection(server)))).toBe("off already");
    expect((await lab.must("identify", lab.connection(server))).output).toEqual({ stage: null });
  });

  test("the device is there and nobody mounted it", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");
    await lab.attach(home, server);

    expect(how(await release(server, home))).toBe("unused");
    expect(await lab.status(server)).toBe("running");
    expect((await lab.must("identify", lab.connection(server))).output).toEqual({ stage: "cloud image" });
  });
});

describe("a machine that does not answer", () => {
  test("is powered off by the API, with a warning that names what may be unwritten", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");
    const data = await lab.newVolume("data");
    for (const disk of [home, data]) await lab.attach(disk, server);
    await lab.api("PUT", `/volumes/${data.id}`, { labels: { "nixos-vps/purpose": "data" } });
    await lab.cloud.host.crash(server.id);

    const run = await release(server, home, {}, IMPATIENT);

    expect(how(run)).toBe("forced off");
    expect(run.stderr).toMatch(/warning: .*powered off hard.*the volumes home \(\/home\) and data in.*may be missing/);
    expect(await lab.status(server)).toBe("off");
  });

  test("over ssh alone is shut down through ACPI, cleanly: nothing is forced and nothing can be missing", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");
    await lab.makeMachine(server, [home]);

    const run = await release(server, home, { address: "198.18.255.254" }, { NIXOS_VPS_LIMIT_FACTOR: "0.5" });

    expect(how(run)).toBe("powered off");
    expect(run.stderr).toContain("(ACPI)");
    expect(run.stderr).not.toContain("powered off hard");
    await lab.detach(home);
    expect(violations()).toEqual([]);
  });

  test("and cannot be shut down by the API either, is a failure that says what to do", async () => {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home");
    await lab.attach(home, server);
    await lab.cloud.host.crash(server.id);
    const revoked = { api: { endpoint: "http://127.0.0.1:9/v1", token: "x".repeat(64) } };

    const run = await release(server, home, revoked, IMPATIENT);

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/does not answer over ssh.*Nothing was changed.*HCLOUD_TOKEN/s);
    expect(await lab.status(server)).toBe("running");
  });
});

// Hetzner's provider would detach it from whatever server has it, once the release has ended well.
describe("a volume that is on another server than the state believes", () => {
  const holderOf = async (disk: VolumeFacts): Promise<unknown> =>
    (await lab.api<{ volume: { server: number | null } }>("GET", `/volumes/${disk.id}`)).volume.server;

  test("somebody else's: is refused in words and stays there, whether the machine's own server is there or gone", async () => {
    const [server, stranger] = [await lab.newServer("devserver-1"), await lab.newServer("bookkeeping", newKeyPair())];
    const home = await lab.newVolume("home");
    await lab.attach(home, stranger);

    for (const known of [server, { ...server, id: 999_999 }]) {
      const run = await release(known, home);

      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/attached to bookkeeping .*is not a server of devserver.*nothing was .*detached.*Hetzner's console/s);
    }
    expect([await holderOf(home), await lab.status(stranger)]).toEqual([stranger.id, "running"]);
  });

  test("one that is not known: is refused where the machine does not have it, and also where it does, and stays there", async () => {
    const [server, other] = [await lab.newServer("devserver-1"), await lab.newServer("devserver-2")];
    const home = await lab.newVolume("home");
    const revoked = { api: { endpoint: "http://127.0.0.1:9/v1", token: "x".repeat(64) } };
    await lab.attach(home, other);

    const withoutApi = await release(server, home, revoked, IMPATIENT);
    lab.cloud.faults.outage("volumes");
    const withoutVolumes = [await release(server, home, {}, IMPATIENT), await release(other, home, {}, IMPATIENT)];

    for (const run of [withoutApi, ...withoutVolumes]) {
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/Which server has the volume home is not known.*Nothing was changed.*HCLOUD_TOKEN/s);
    }
    lab.cloud.faults.restore("volumes");
    expect([await holderOf(home), await lab.status(server), await lab.status(other)]).toEqual([other.id, "running", "running"]);
  });

  test("the machine's, which no state knows: it is released there", async () => {
    const [former, server] = [await lab.newServer("devserver-1"), await lab.newServer("devserver-2")];
    const home = await lab.newVolume("home");
    await lab.makeMachine(server, [home]);
    await lab.api("PUT", `/servers/${server.id}`, { labels: { "nixos-vps/stack": "lab", "nixos-vps/machine": "devserver" } });

    const run = await release(former, home);

    expect(how(run)).toBe("powered off");
    expect(run.stderr).toContain("attached to devserver-2, another server of devserver");
    expect([await lab.status(former), await lab.status(server)]).toEqual(["running", "off"]);
    expect(how(await release(former, home))).toBe("unused");
    await lab.detach(home);
    expect(violations()).toEqual([]);
  });

  test("one that has the machine's labels but not its host key: is told nothing and keeps it", async () => {
    const [server, stranger] = [await lab.newServer("devserver-1"), await lab.newServer("devserver-2", newKeyPair())];
    const home = await lab.newVolume("home");
    await lab.attach(home, stranger);
    await lab.api("PUT", `/servers/${stranger.id}`, { labels: { "nixos-vps/stack": "lab", "nixos-vps/machine": "devserver" } });

    const run = await release(server, home);

    expect(run.stderr).toMatch(/neither of the machine's host keys.*Nothing was changed/s);
    expect([run.code, await holderOf(home), await lab.status(stranger)]).toEqual([1, stranger.id, "running"]);
  });
});

test("somebody else at the machine's address is told nothing", async () => {
  const server = await lab.newServer("devserver-1", newKeyPair());
  const home = await lab.newVolume("home");
  await lab.attach(home, server);

  const run = await release(server, home);

  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/neither of the machine's host keys.*Nothing was changed/s);
  expect((await lab.run("identify", lab.connection(server))).stderr).toMatch(/neither of the machine's host keys/);
});

test("a volume beside the store is unmounted while the machine runs on; the one with the store needs a clean power-off, of which the others then learn", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  const data = await lab.newVolume("data", { store: false, mountPoint: "/data" });
  const hardware = await lab.makeMachine(server, [home, data]);
  await lab.ssh(
    server,
    "echo kept > /home/file; echo kept > /data/file; cd /data; nohup sh -c 'while :; do sleep 1; done' >/data/log 2>&1 &",
  );

  expect(how(await release(server, data))).toBe("unmounted");
  // Nobody mounts it until it is detached; the machine does, when it is leased again instead.
  const refused = await lab.ssh(server, "systemctl start data.mount 2>&1 || systemctl is-active data.mount || true");
  expect(refused).toBe("Failed to start data.mount: Unit data.mount is masked.\ninactive");
  const leased = await lab.must("lease", { ...lab.connection(server), volume: data, size: 10 });
  expect(leased.stderr).toContain("/data had been released on this server and may be mounted again");
  expect(await lab.ssh(server, "cat /data/file")).toBe("kept");
  // Where Pulumi has kept the lease, because it was killed just then, the next switch does.
  expect(how(await release(server, data))).toBe("unmounted");
  const switched = { ...lab.connection(server), facts: lab.facts(server, [home, data], hardware), flake: lab.flakeDocument().flake };
  expect((await lab.must("switch", switched)).stderr).toContain("/data had been released on this server and may be mounted again");
  expect(await lab.ssh(server, "cat /data/file")).toBe("kept");
  await lab.ssh(
    server,
    "mkdir /root/own; cp /etc/nixos/facts.json /root/own/; echo >/root/own/flake.nix; nixos-rebuild switch --flake /root/own#devserver",
  );
  const foreign = await lab.ssh(server, "readlink -f /run/current-system");

  const unmounted = await release(server, data);
  expect(how(unmounted)).toBe("unmounted");
  expect(unmounted.stderr).toContain(`warning: the machine runs a system that this program did not make (${foreign}; `);
  await lab.detach(data);
  expect(await lab.status(server)).toBe("running");
  expect(await lab.ssh(server, "cat /home/file; mountpoint -q /data || echo left")).toBe("kept\nleft");

  expect(how(await release(server, home))).toBe("powered off");
  expect(await lab.status(server)).toBe("off");
  expect(how(await release(server, home))).toBe("unused");
  await lab.detach(home);
  expect(violations()).toEqual([]);
});

test("a volume that the machine goes on without is no reason to power it off: what still has it is named", async () => {
  const server = await lab.newServer("devserver-1");
  const data = await lab.newVolume("data", { store: false, mountPoint: "/data" });
  await lab.makeMachine(server, []);
  await lab.attach(data, server);
  await lab.ssh(server, `mkdir /data && mount ${data.device} /data`);
  // Not on the PATH of the emulator's NixOS.
  const container = "/usr/bin/unshare -m sh -c 'echo in; while :; do sleep 1; done'";
  await lab.ssh(
    server,
    `nohup ${container} >/run/in 2>&1 </dev/null & until grep -q in /run/in; do [ -e /proc/$! ] || exit 1; sleep 0.1; done; umount /data`,
  );

  const run = await release(server, data);

  expect([run.code, await lab.status(server)]).toEqual([1, "running"]);
  expect(run.stderr).toMatch(
    /does not mount the volume data any more.*still in use, in a container.*was not shut down.*restart devserver/s,
  );
  await lab.ssh(server, "pkill -f 'echo [i]n'");
  expect(how(await release(server, data))).toBe("unused");
});

test("with a revoked token it does its job over ssh alone", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  await lab.makeMachine(server, [home]);
  const revoked = { api: { endpoint: "http://127.0.0.1:9/v1", token: "x".repeat(64) } };

  // Three minutes of silence, within ten, are seven seconds within 24.
  const run = await release(server, home, revoked, { NIXOS_VPS_LIMIT_FACTOR: "0.04" });

  expect(how(run)).toBe("powered off");
  expect(run.stderr).toMatch(/Going on with ssh alone/);
  expect(run.stderr).not.toContain("x".repeat(64));
  expect(await lab.status(server)).toBe("off");
  await lab.detach(home);
  expect(violations()).toEqual([]);
});
