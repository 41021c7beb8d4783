// What an encrypted volume changes in what is declared: no file system by Hetzner, a label, and a passphrase in three documents and nowhere else.
import * as pulumi from "@pulumi/pulumi";
import type { ExistingVolume } from "../../components/cloud";
import type { MachineConfig, VolumeConfig } from "../../config";
import { documents } from "../../steps/documents";

// Pulumi's mocks know no hooks.
jest.mock("../../components/hooks/removeOrphans", () => ({ removeOrphans: () => ({}) }));
jest.mock("../../components/hooks/detachUnknown", () => ({ detachUnknown: () => ({}) }));
jest.mock("../../components/hooks/refuseSecondVolume", () => ({ refuseSecondVolume: () => ({}) }));
jest.mock("../../components/hooks/shutDownCleanly", () => ({ shutDownCleanly: () => ({}) }));
jest.mock("../../components/hooks/checkChange", () => ({ checkChange: () => ({}) }));
jest.mock("../../components/hooks/powerOnAgain", () => ({ powerOnAgain: () => ({}) }));

const PASSPHRASE = "correct horse battery staple";
const PLAIN: VolumeConfig = { name: "home", size: 50, mountPoint: "/home", store: true, encrypted: false };
const ENCRYPTED: VolumeConfig = { ...PLAIN, encrypted: true, passphrase: PASSPHRASE };
const HARDWARE = { rootDisk: "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1", firmware: "bios", mac: null };

interface Declared {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: pulumi.CustomResourceOptions;
}

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs, id }) => ({
      id: id || "4711",
      state: {
        ...(inputs as Record<string, unknown>),
        ...(type === "random:index/randomPassword:RandomPassword" && { result: "s".repeat(64) }),
        ...(type === "random:index/randomId:RandomId" && { hex: "c0ffee" }),
        ...(type === "hcloud:index/server:Server" && { ipv4Address: "192.0.2.7", ipv6Address: "2001:db8::1" }),
        ...(type === "hcloud:index/volume:Volume" && { linuxDevice: "/dev/disk/by-id/scsi-0HC_Volume_4711" }),
        ...(type === "command:local:Command" && { stdout: "{}" }),
        ...(name.endsWith("-stage") && { stdout: JSON.stringify({ hardware: HARDWARE, installed: false }) }),
        ...(name.endsWith("-system") && { stdout: JSON.stringify({ system: "/nix/store/x", generation: 1 }) }),
      },
    }),
    call: () => ({}),
  });
});

async function declare(volume: VolumeConfig, existing: ExistingVolume[] = []): Promise<Declared[]> {
  const { Machine } = await import("../../components");
  const config: MachineConfig = {
    ...{ name: "devserver", serverType: "cx23", system: "x86_64-linux", location: "fsn1", image: "debian-13", host: "minimal" },
    ...{ admin: { name: "qwe", uid: 1000, sshKeys: ["ssh-ed25519 AAAA me"] }, volumes: [volume], storage: "home+store" },
    ...{ strategy: "overlap", recreate: 0, reinstall: 0, ssh: { port: 2222 }, ipv4: true, ipv6: true, firewall: false },
    ...{ rootDisk: { fileSystem: "ext4", encrypted: false }, healthChecks: [], labels: {} },
  } satisfies MachineConfig;
  const all: Declared[] = [];
  const watch: pulumi.ResourceTransformation = ({ type, name, props, opts }) => {
    all.push({ type, name, props: props, opts });
    return undefined;
  };
  const cloud = { endpoint: "http://127.0.0.1:1/v1", token: "t".repeat(64) };
  const machine = new Machine(
    "devserver",
    { config, cloud, existing, former: {}, flake: { path: "nix", hash: "h" } },
    { transformations: [watch] },
  );
  await valueOf(machine.generation);
  return all;
}

const find = (all: Declared[], name: string, type = "Command"): Declared => {
  const found = all.find((one) => one.name === name && one.type.endsWith(`:${type}`));
  if (!found) throw new Error(`no ${type} ${name}`);
  return found;
};
const textOf = async (all: Declared[], name: string): Promise<string> => valueOf(find(all, name).props["stdin"] as pulumi.Output<string>);

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

test("Hetzner makes no file system on a new encrypted volume, and its labels say what it is", async () => {
  const [encrypted, plain] = [await declare(ENCRYPTED), await declare(PLAIN)].map((all) => find(all, "devserver-home", "Volume"));

  expect(encrypted?.props["format"]).toBeUndefined();
  expect(encrypted?.props["labels"]).toMatchObject({ "nixos-vps/encrypted": "true", "nixos-vps/purpose": "home" });
  // As for any volume: what it is formatted with is never a reason to make another.
  expect(encrypted?.opts).toMatchObject({ retainOnDelete: true, ignoreChanges: ["format"] });
  expect(plain?.props).toMatchObject({ format: "ext4" });
  expect(plain?.props["labels"]).not.toHaveProperty("nixos-vps/encrypted");
});

test("the passphrase is in the documents of the steps that open or keep it, which are secret, and in nothing else", async () => {
  const all = await declare(ENCRYPTED);

  const holders = await Promise.all(
    all.map(async ({ name, props }) =>
      (await valueOf(pulumi.output(JSON.stringify(props)))).includes(PASSPHRASE) ? [`in the clear: ${name}`] : [],
    ),
  );
  expect(holders.flat()).toEqual([]);
  const steps = all.filter(({ type }) => type === "command:local:Command").map(({ name }) => name);
  const told = await Promise.all(steps.map(async (name) => ((await textOf(all, name)).includes(PASSPHRASE) ? [name] : [])));
  expect(told.flat().sort()).toEqual(["devserver-stage", "devserver-system", "devserver-take-over"]);
  for (const name of told.flat()) {
    const stdin = find(all, name).props["stdin"] as { isSecret: Promise<boolean> };
    expect([name, await stdin.isSecret]).toEqual([name, true]);
  }
  const environment = JSON.stringify(await valueOf(pulumi.output(find(all, "devserver-system").props["environment"])));
  expect(environment).not.toContain("horse");
});

test("the steps understand their documents; the facts say that it is encrypted and not how it is opened", async () => {
  const all = await declare(ENCRYPTED);

  const takeOver = documents.takeOver.input.parse(JSON.parse(await textOf(all, "devserver-take-over")));
  expect(takeOver.passphrases).toEqual({ home: PASSPHRASE });
  expect(takeOver.facts.storage.volumes).toMatchObject([{ name: "home", encrypted: true }]);
  expect(JSON.stringify(takeOver.facts)).not.toContain("horse");
  const lease = documents.lease.input.parse(JSON.parse(await textOf(all, "devserver-home-lease")));
  expect(lease.volume.encrypted).toBe(true);
});

test("the document of a machine without encrypted volumes is what it was before there were any", async () => {
  const all = await declare(PLAIN);

  expect(JSON.parse(await textOf(all, "devserver-system"))).not.toHaveProperty("passphrases");
});

describe("a volume that is there", () => {
  const kept: ExistingVolume = { id: 99, name: "v", size: 50, location: "fsn1", machine: "devserver", purpose: "home", server: null };

  test.each([
    ["an ext4 of Hetzner's is not encrypted", ENCRYPTED, "ext4", /is not encrypted \(it holds ext4\).*Nothing was changed.*second volume/s],
    ["an XFS of Hetzner's is not encrypted", ENCRYPTED, "xfs", /it holds xfs/],
    ["an encrypted one is not decrypted", PLAIN, "luks", /is encrypted, and nothing here decrypts.*Nothing was changed.*passphrase back/s],
  ])("is never converted: %s", async (_, wanted, holds, words) => {
    await expect(declare(wanted, [{ ...kept, holds }])).rejects.toThrow(words);
  });

  test.each([
    ["an encrypted one", ENCRYPTED, { holds: "luks" }],
    ["one of which nothing is known, as the copy of an encrypted one that lost its label", ENCRYPTED, {}],
    ["a copy of a plain one, which Hetzner did not format", PLAIN, {}],
  ])("is used again: %s", async (_, wanted, known) => {
    const all = await declare(wanted, [{ ...kept, ...known }]);

    expect(find(all, "devserver-home", "Volume").opts.import).toBe("99");
  });
});
