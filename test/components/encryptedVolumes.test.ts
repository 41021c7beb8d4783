// What an encrypted volume changes in what is declared: no file system by Hetzner, a label, and a passphrase in three documents and nowhere else.
import * as pulumi from "@pulumi/pulumi";
import type { ExistingVolume } from "../../components/cloud";
import type { VolumeConfig } from "../../config";
import { documents } from "../../steps/documents";
import { type Declared, declare, isSecret, mockPulumi, stdinOf, valueOf } from "./support/declare";

mockPulumi();

const PASSPHRASE = "correct horse battery staple";
const PLAIN: VolumeConfig = { name: "home", size: 50, mountPoint: "/home", store: true, encrypted: false };
const ENCRYPTED: VolumeConfig = { ...PLAIN, encrypted: true, passphrase: PASSPHRASE };

const withVolume = (volume: VolumeConfig, existing: ExistingVolume[] = []): Promise<Declared> => declare({ volumes: [volume] }, existing);
const told = ({ find }: Declared, step: string): Promise<string> => stdinOf(find("Command", step));

test("Hetzner makes no file system on a new encrypted volume, and its labels say what it is", async () => {
  const [encrypted, plain] = [await withVolume(ENCRYPTED), await withVolume(PLAIN)].map(({ find }) => find("Volume", "devserver-home"));

  expect(encrypted?.props["format"]).toBeUndefined();
  expect(encrypted?.props["labels"]).toMatchObject({ "nixos-vps/encrypted": "true", "nixos-vps/purpose": "home" });
  // As for any volume: what it is formatted with is never a reason to make another.
  expect(encrypted?.opts).toMatchObject({ retainOnDelete: true, ignoreChanges: ["format"] });
  expect(plain?.props).toMatchObject({ format: "ext4" });
  expect(plain?.props["labels"]).not.toHaveProperty("nixos-vps/encrypted");
});

test("the passphrase is in the documents of the steps that open or keep it, which are secret, and in nothing else", async () => {
  const declared = await withVolume(ENCRYPTED);
  const { children, find } = declared;

  const holders = await Promise.all(
    children.map(async ({ name, props }) =>
      (await valueOf(pulumi.output(JSON.stringify(props)))).includes(PASSPHRASE) ? [`in the clear: ${name}`] : [],
    ),
  );
  expect(holders.flat()).toEqual([]);
  const steps = children.filter(({ type }) => type === "command:local:Command").map(({ name }) => name);
  const knowing = (await Promise.all(steps.map(async (name) => ((await told(declared, name)).includes(PASSPHRASE) ? [name] : [])))).flat();
  expect(knowing.sort()).toEqual(["devserver-stage", "devserver-system", "devserver-take-over"]);
  for (const name of knowing) expect([name, await isSecret(find("Command", name).props["stdin"])]).toEqual([name, true]);
  const environment = JSON.stringify(await valueOf(pulumi.output(find("Command", "devserver-system").props["environment"])));
  expect(environment).not.toContain("horse");
});

test("the steps understand their documents; the facts say that it is encrypted and not how it is opened", async () => {
  const declared = await withVolume(ENCRYPTED);

  const takeOver = documents.takeOver.input.parse(JSON.parse(await told(declared, "devserver-take-over")));
  expect(takeOver.passphrases).toEqual({ home: PASSPHRASE });
  expect(takeOver.facts.storage.volumes).toMatchObject([{ name: "home", encrypted: true }]);
  expect(JSON.stringify(takeOver.facts)).not.toContain("horse");
  const lease = documents.lease.input.parse(JSON.parse(await told(declared, "devserver-home-lease")));
  expect(lease.volume.encrypted).toBe(true);
});

test("the document of a machine without encrypted volumes is what it was before there were any", async () => {
  const declared = await withVolume(PLAIN);

  expect(JSON.parse(await told(declared, "devserver-system"))).not.toHaveProperty("passphrases");
});

describe("a volume that is there", () => {
  const kept: ExistingVolume = { id: 99, name: "v", size: 50, location: "fsn1", machine: "devserver", purpose: "home", server: null };

  test.each([
    ["an ext4 of Hetzner's is not encrypted", ENCRYPTED, "ext4", /is not encrypted \(it holds ext4\).*Nothing was changed.*second volume/s],
    ["an XFS of Hetzner's is not encrypted", ENCRYPTED, "xfs", /it holds xfs/],
    ["an encrypted one is not decrypted", PLAIN, "luks", /is encrypted, and nothing here decrypts.*Nothing was changed.*passphrase back/s],
  ])("is never converted: %s", async (_, wanted, holds, words) => {
    await expect(withVolume(wanted, [{ ...kept, holds }])).rejects.toThrow(words);
  });

  test.each([
    ["an encrypted one", ENCRYPTED, { holds: "luks" }],
    ["one of which nothing is known, as the copy of an encrypted one that lost its label", ENCRYPTED, {}],
    ["a copy of a plain one, which Hetzner did not format", PLAIN, {}],
  ])("is used again: %s", async (_, wanted, known) => {
    const { find } = await withVolume(wanted, [{ ...kept, ...known }]);

    expect(find("Volume", "devserver-home").opts.import).toBe("99");
  });
});
