// Steps that are cut off anywhere, and run again: the second run finishes the work.
import { Lab, type LabServer, type RunningStep } from "./support/lab";
import { temporaryFolders } from "./support/temporaryFolder";
import { lookUp } from "../../steps/operator/processes";

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

/** Kills a step so that it can neither clean up nor tell anybody, as soon as it says something. */
async function killWhen(step: RunningStep, words: RegExp): Promise<void> {
  await step.says(words);
  step.process.kill("SIGKILL");
  // What it started may hold its pipes open: only the process itself is waited for.
  while (step.process.pid !== undefined && lookUp(step.process.pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("staging and taking over, killed in every phase, still end with the machine", async () => {
  const server: LabServer = await lab.newServer("devserver-1");
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
