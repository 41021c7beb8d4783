// stage, end to end on the emulated cloud.
import { documents } from "../../steps/documents";
import { Lab } from "./support/lab";
import { newKeyPair } from "./support/samples";
import { temporaryFolders } from "./support/temporaryFolder";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

test("a server whose host key is not the expected one is refused at once, and nothing runs on it", async () => {
  const server = await lab.newServer("devserver-1", newKeyPair());

  const { code, stdout, stderr } = await lab.run("stage", lab.stageDocument(server, []));

  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/shows a host key that is neither.*No connection was made/s);
  expect(lab.log().map((line) => line.event)).toEqual(["begin", "fail"]);
});

test("with the store on a volume it leaves the installer with the root disk mounted", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");

  const { output } = await lab.must("stage", lab.stageDocument(server, [home]));

  expect(documents.stage.output.parse(output)).toMatchObject({ installed: false, hardware: { firmware: "bios" } });
  expect(JSON.stringify(output)).toMatch(/QEMU_HARDDISK_\d+"/);
  expect(await lab.ssh(server, "grep VARIANT_ID /etc/os-release; mountpoint /mnt", "bootstrap")).toContain("installer");
});

test("without a volume for the store NixOS is installed and runs, with its final host key", async () => {
  const server = await lab.newServer("devserver-1");

  const { output } = await lab.must("stage", lab.stageDocument(server, []));

  expect(output.installed).toBe(true);
  expect(await lab.ssh(server, "hostname; ls /etc/nixos")).toBe(
    "devserver\nemulated.json\nfacts.json\nflake.nix".replace("emulated.json\n", ""),
  );
  expect(await lab.ssh(server, "stat -c %a /etc/ssh/ssh_host_ed25519_key /etc/ssh /etc/nixos / /etc")).toBe("600\n755\n755\n755\n755");
});
