// stage with a raised `reinstall`, end to end on the emulated cloud: the same server, installed again.
import { Lab, type LabServer, type RunningStep } from "../support/lab";
import { temporaryFolders } from "../support/temporaryFolder";
import type { HardwareFacts, VolumeFacts } from "../../../steps/facts";
import { lookUp } from "../../../steps/operator/processes";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;

afterEach(() => lab.close());

/** A machine with a file on its root disk and one on its first volume. */
async function givenMachine(volumes: Partial<VolumeFacts>[]): Promise<VolumeFacts[]> {
  lab = await Lab.open(newFolder());
  server = await lab.newServer("devserver-1");
  const disks = [];
  for (const over of volumes) disks.push(await lab.newVolume(over.name ?? "home", over));
  hardware = await lab.makeMachine(server, disks);
  await lab.ssh(server, `echo root > /root/file${disks.length > 0 ? "; echo kept > /home/file" : ""}`);
  return disks;
}

const staging = (disks: VolumeFacts[], reinstall: number): object => ({ ...lab.stageDocument(server, disks), reinstall });
const takingOver = (disks: VolumeFacts[], reinstall: number): object => ({ ...lab.takeOverDocument(server, disks, hardware), reinstall });
const rebuilds = (): number => lab.cloud.journal.entries.filter(({ text }) => text === "POST /servers/:id/actions/rebuild").length;
const files = (): Promise<string> =>
  lab.ssh(server, "cat /home/file; ls /root/file 2>/dev/null || echo erased; cat /var/lib/nixos-vps/reinstalled");

/** Kills a step so that it can neither clean up nor tell anybody, as soon as it says something. */
async function killWhen(step: RunningStep, words: RegExp): Promise<void> {
  await step.says(words);
  step.process.kill("SIGKILL");
  await lab.until(() => Promise.resolve(step.process.pid === undefined || !lookUp(step.process.pid)));
}

test("with the store on a volume the root disk is new, the volume is as it was and was never torn from a running system", async () => {
  const disks = await givenMachine([{}]);
  await lab.ssh(
    server,
    "mkdir /root/own; cp /etc/nixos/facts.json /root/own/; echo >/root/own/flake.nix; nixos-rebuild switch --flake /root/own#devserver",
  );
  const foreign = await lab.ssh(server, "readlink -f /run/current-system");

  const { stderr } = await lab.must("stage", staging(disks, 1));
  await lab.must("takeOver", takingOver(disks, 1));

  expect(stderr).toContain(
    `warning: the machine runs a system that this program did not make (${foreign}; the last one made was /nix/store/`,
  );
  expect(stderr).toMatch(
    /building the system.*It is not installed again.*root disk of devserver-1 is erased now; kept is what is on its volume home \(\/home\)/s,
  );
  expect(await files()).toBe("kept\nerased\n1");
  expect(lab.cloud.isServed("devserver")).toBe(true);
  expect(rebuilds()).toBe(1);
  expect(lab.cloud.journal.violations()).toEqual([]);
});

test("with the store on the root disk the volume is mounted again in the new system", async () => {
  const disks = await givenMachine([{ store: false }]);

  const { output } = await lab.must("stage", staging(disks, 1));
  await lab.must("takeOver", takingOver(disks, 1));

  expect(output.installed).toBe(true);
  expect(await files()).toBe("kept\nerased\n1");
  expect(lab.cloud.journal.violations()).toEqual([]);
});

test("what was installed that often already is never erased, however often stage is run", async () => {
  await givenMachine([]);

  for (const reinstall of [0, 1, 1, 0]) await lab.must("stage", staging([], reinstall));
  const { stderr } = await lab.must("stage", staging([], 1));

  expect(stderr).toContain("NixOS is installed already");
  expect(rebuilds()).toBe(1);
});

test("a machine without volumes is told to lose everything", async () => {
  await givenMachine([]);

  const { stderr } = await lab.must("stage", staging([], 1));

  expect(stderr).toMatch(/warning: .*devserver has no volumes: everything on it is lost/);
});

describe("is refused while the machine goes on serving", () => {
  const refused = async (disks: VolumeFacts[], reinstall = 1): Promise<string> => {
    const { code, stderr } = await lab.run("stage", staging(disks, reinstall));
    expect(code).toBe(1);
    expect(stderr).toContain("Nothing was changed");
    expect(lab.cloud.isServed("devserver")).toBe(true);
    expect(await lab.ssh(server, "cat /root/file")).toBe("root");
    return stderr;
  };

  test("when the new system does not build, when the server is protected, when there is no such image, when the token is no good", async () => {
    const disks = await givenMachine([{}]);

    expect(await lab.run("stage", { ...staging(disks, 1), image: "debian-1" })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no image debian-1 for x86/) as string,
    });
    const revoked = { api: { endpoint: "http://127.0.0.1:9/v1", token: "x".repeat(64) } };
    const unasked = await lab.run("stage", { ...staging(disks, 1), ...revoked }, { NIXOS_VPS_LIMIT_FACTOR: "0.02" });
    expect(unasked.stderr).toMatch(/Hetzner's API must be asked.*token/s);
    await lab.api("POST", `/servers/${server.id}/actions/change_protection`, { delete: true, rebuild: true });
    expect(await refused(disks)).toMatch(/protected against being rebuilt.*Lift the protection/s);
    await lab.api("POST", `/servers/${server.id}/actions/change_protection`, { delete: false, rebuild: false });
    lab.describeSystem({ kernel: 7 });
    expect(await refused(disks)).toContain("Mend the configuration");
  });

  test("when it is not noted how often it was installed", async () => {
    const disks = await givenMachine([{}]);
    await lab.ssh(server, "rm /var/lib/nixos-vps/reinstalled");

    expect(await refused(disks, 3)).toMatch(/does not know how often.*echo 2 >.*echo 3/s);

    await lab.must("stage", staging(disks, 0));
  });
});

test("when Hetzner refuses at the last moment the machine is switched on again, and the next run finishes", async () => {
  const disks = await givenMachine([{}]);
  lab.cloud.faults.failNext("POST /servers/:id/actions/rebuild", { status: 422, code: "service_error" });

  const { code, stderr } = await lab.run("stage", staging(disks, 1));

  expect(code).toBe(1);
  expect(stderr).toMatch(/could not be given its cloud image.*switched on again/s);
  await lab.until(() => Promise.resolve(lab.cloud.isServed("devserver")));
  expect(await lab.ssh(server, "cat /root/file")).toBe("root");
  await lab.must("stage", staging(disks, 1));
  await lab.must("takeOver", takingOver(disks, 1));
  expect(await files()).toBe("kept\nerased\n1");
});

test("killed in every phase, it still ends with the machine and loses nothing of the volume", async () => {
  const disks = await givenMachine([{}]);
  for (const words of [
    /building the system/,
    /shutting devserver-1 down/,
    /giving devserver-1 its cloud image/,
    /kexec/i,
    /partitioning/,
  ]) {
    await killWhen(lab.start("stage", staging(disks, 1)), words);
  }
  await lab.must("stage", staging(disks, 1));
  for (const words of [/checking and mounting/, /installing NixOS and restarting/]) {
    await killWhen(lab.start("takeOver", takingOver(disks, 1)), words);
  }
  await lab.must("takeOver", takingOver(disks, 1));

  expect(await files()).toBe("kept\nerased\n1");
  expect(lab.cloud.journal.violations()).toEqual([]);
});

test("a server that is powered off is powered on and asked before anything is erased", async () => {
  const disks = await givenMachine([{}]);
  await lab.api("POST", `/servers/${server.id}/actions/shutdown`);
  await lab.until(async () => (await lab.status(server)) === "off");

  const { stderr } = await lab.must("stage", staging(disks, 0));

  expect(stderr).toMatch(/is powered off, whoever did that; powering it on.*NixOS is installed already/s);
  expect(lab.cloud.isServed("devserver")).toBe(true);
});

test("a server that is gone is told at once, with the way back", async () => {
  const disks = await givenMachine([{}]);
  await lab.cloud.loseServer(server.id);

  const { code, stderr } = await lab.run("stage", staging(disks, 1));

  expect(code).toBe(1);
  expect(stderr).toMatch(/does not exist any more.*pulumi up --refresh/s);
});
