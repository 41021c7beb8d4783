// What `vps volume initialise` refuses before it connects to anybody. What it does is in test/lifecycle/encrypted.test.ts, and what it does to
// devices in test/steps/devices/encrypted.test.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectionDocument, newKeyPair } from "../../steps/support/samples";
import { Desk, ours } from "./desk";

jest.setTimeout(300_000);

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk.close());

const PASSPHRASE = "correct horse battery staple";

/** A configuration as Pulumi tells it, decrypted. */
function configure(home: object): void {
  const machines = { devserver: { serverType: "cx23", location: "fsn1", volumes: { home: { size: 10, ...home } } } };
  writeFileSync(join(desk.folder, "config.json"), JSON.stringify({ "nixos-vps:machines": { objectValue: machines } }));
}

/** The state of an `up` that stopped in front of a blank volume. */
function lease(volume: number, server: number): void {
  const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };
  const facts = {
    name: "home",
    id: volume,
    device: `/dev/disk/by-id/scsi-0HC_Volume_${volume}`,
    mountPoint: "/home",
    store: true,
    encrypted: true,
  };
  const stdin = JSON.stringify({ ...connectionDocument(keys), server: { id: server, name: "other" }, volume: facts, size: 10 });
  const resource = {
    urn: "urn:pulumi:dev::nixos-vps::command:local:Command::devserver-home-lease",
    type: "command:local:Command",
    inputs: { create: "./steps/run lease", stdin },
  };
  writeFileSync(join(desk.folder, "state.json"), JSON.stringify({ version: 3, deployment: { resources: [resource] } }));
}

const ENCRYPTED = { encrypted: true, passphrase: PASSPHRASE };
const blank = () => desk.volume("dev-devserver-home", ours("home"), { format: undefined });

test.each<[why: string, home: object, args: string[], words: RegExp, prepare: () => Promise<unknown>]>([
  ["the configuration has no such volume", ENCRYPTED, ["devserver", "data"], /has no volume data of a machine devserver/, blank],
  ["it is not to be encrypted", {}, ["devserver", "home"], /is not to be encrypted: Hetzner makes its file system/, blank],
  ["it has no passphrase", { encrypted: true }, ["devserver", "home"], /passphrase is missing.*config set --secret --path/s, blank],
  ["its passphrase is short", { encrypted: true, passphrase: "horse" }, ["devserver", "home"], /has 5 characters, but 20/, blank],
  ["it does not exist yet", ENCRYPTED, ["devserver", "home"], /no volume home of devserver yet.*Run `pulumi up`/s, () => Promise.resolve()],
  ["it is on no server", ENCRYPTED, ["devserver", "home"], /is not on the server of devserver.*Run `pulumi up`/s, blank],
  [
    "it is on a server that is not the machine's",
    ENCRYPTED,
    ["devserver", "home"],
    /is not on the server of devserver/,
    async () => {
      const id = await blank();
      lease(id, (await desk.serverWith(id)) + 1);
    },
  ],
  [
    "nobody is there to type its name",
    ENCRYPTED,
    ["devserver", "home"],
    /nobody is there to type it.*initialise devserver home --yes/s,
    async () => {
      const id = await blank();
      lease(id, await desk.serverWith(id));
    },
  ],
])("a volume is not initialised where %s", async (_why, home, args, words, prepare) => {
  configure(home);
  await prepare();

  const { code, stdout, stderr } = await desk.vps("volume", "initialise", ...args);

  expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(words)]);
  expect(stderr).not.toContain("horse");
});
