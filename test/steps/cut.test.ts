// Steps that are cut off anywhere, and run again: the second run finishes the work.
import { Lab, type RunningStep } from "./support/lab";
import { temporaryFolders } from "./support/temporaryFolder";
import { lookUp } from "../../steps/operator/processes";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;

afterEach(() => lab.close());

/** Kills a step so that it can neither clean up nor tell anybody, as soon as it says something. */
async function killWhen(step: RunningStep, words: RegExp): Promise<void> {
  await step.says(words);
  step.process.kill("SIGKILL");
  // What it started may hold its pipes open: only the process itself is waited for.
  while (step.process.pid !== undefined && lookUp(step.process.pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a connection that is lost while the machine activates is no failure: the machine goes on, new connections ask how far it is", async () => {
  lab = await Lab.open(newFolder(), { latencies: { switch: 6 }, timeScale: 3 });
  const server = await lab.newServer("devserver-1");
  const hardware = await lab.makeMachine(server, []);
  lab.describeSystem({ units: { "web.service": { ports: [80], requiresMountsFor: [], fails: false } } });
  const step = lab.start("switch", { ...lab.takeOverDocument(server, [], hardware), hostKey: undefined });
  await step.says(/activating, with the way back armed/);
  await lab.until(async () => (await lab.ssh(server, "systemctl is-active nixos-vps-switch || true")) === "active");
  await lab.cloud.host.dropSsh(server.id);

  const { code, output, stderr } = await step.end;

  expect(stderr).toContain("the connection was lost during the activation");
  if (code !== 0) throw new Error(`the switch ended with ${String(code)}:\n${stderr}`);
  expect(await lab.ssh(server, "readlink -f /nix/var/nix/profiles/system")).toBe(output?.system);
});

test("a connection that is lost while the volumes are mounted is made again: the machine may be restarting for a killed run", async () => {
  lab = await Lab.open(newFolder());
  const server = await lab.newServer("devserver-1");
  const store = await lab.newVolume("home", { store: true });
  const hardware = await lab.stage(server, [store]);
  await lab.attach(store, server);
  // Another step of ours still works there, as far as this one can see: it waits until that is over.
  const on = (command: string): Promise<string> => lab.ssh(server, command, "bootstrap");
  const busy = on("exec 9>/run/nixos-vps.lock; flock 9; echo $$ >/run/busy; exec tail -f /dev/null").catch(() => undefined);
  await lab.until(async () => (await on("cat /run/busy 2>/dev/null || true")) !== "");
  const step = lab.start("takeOver", lab.takeOverDocument(server, [store], hardware));
  await lab.until(async () => (await on("cat /proc/[0-9]*/comm | grep -cx flock || true")) === "1");

  await lab.cloud.host.dropSsh(server.id);
  await on("kill $(cat /run/busy)");
  const { code, stderr } = await step.end;
  await busy;

  expect(stderr).toMatch(/connection to \S+ was lost during "\w+".*\n.*looking for the machine again/);
  if (code !== 0) throw new Error(`the takeOver ended with ${String(code)}:\n${stderr}`);
  expect(await lab.ssh(server, "hostname; mountpoint /home")).toBe("devserver\n/home is a mountpoint");
});

test("staging and taking over, killed in every phase, still end with the machine", async () => {
  lab = await Lab.open(newFolder());
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  const staging = lab.stageDocument(server, [home]);
  for (const words of [
    /first contact/,
    /reading the hardware/,
    /nixos-anywhere: .*kexec/i,
    /partitioning the root disk/,
    /nixos-anywhere: .*disko/i,
  ]) {
    await killWhen(lab.start("stage", staging), words);
  }
  const { output } = await lab.must("stage", staging);
  await lab.attach(home, server);

  const document = lab.takeOverDocument(server, [home], output.hardware as never);
  for (const words of [/checking and mounting/, /installing NixOS and/, /Uploading/, /Installing NixOS/, /Rebooting/, /verifying/]) {
    await killWhen(lab.start("takeOver", document), words);
  }
  await lab.must("takeOver", document);

  expect(await lab.ssh(server, "hostname; mountpoint /home")).toBe("devserver\n/home is a mountpoint");
  expect(lab.cloud.isServed("devserver")).toBe(true);
  expect(lab.cloud.journal.violations()).toEqual([]);
});
