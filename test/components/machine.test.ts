import * as pulumi from "@pulumi/pulumi";
import type { FormerVolumes } from "../../components/formerVolumes";
import type { MachineConfig } from "../../config";
import { declare, isSecret, mockPulumi, stdinOf, valueOf } from "./support/declare";

mockPulumi();

test("a volume outlives destroy, and nobody formats or deletes it by accident", async () => {
  const { find } = await declare();

  const volume = find("Volume", "devserver-home");

  expect(volume.opts).toMatchObject({ retainOnDelete: true, ignoreChanges: ["format"] });
  expect(volume.opts.protect).toBeUndefined(); // destroy would fail half-way
  expect(volume.props).toMatchObject({ deleteProtection: true, format: "ext4" });
});

test("a volume that exists already is adopted under its own name", async () => {
  const kept = { id: 99, name: "old-name", size: 50, location: "fsn1", machine: "devserver", purpose: "home", server: null };

  const { find } = await declare({}, [kept]);

  expect(find("Volume", "devserver-home").opts.import).toBe("99");
  expect(find("Volume", "devserver-home").props["name"]).toBe("old-name");
});

test("another machine's volume is not adopted", async () => {
  const { find } = await declare({}, [
    { id: 99, name: "x", size: 50, location: "fsn1", machine: "webserver", purpose: "home", server: null },
  ]);

  expect(find("Volume", "devserver-home").opts.import).toBeUndefined();
});

test("attachment and lease go before their successors come, and the lease ends by release", async () => {
  const { find } = await declare();

  expect(find("VolumeAttachment", "devserver-home-attachment").opts.deleteBeforeReplace).toBe(true);
  expect(find("VolumeAttachment", "devserver-home-attachment").props["automount"]).toBe(false);
  const lease = find("Command", "devserver-home-lease");
  expect(lease.opts.deleteBeforeReplace).toBe(true);
  expect(lease.props).toMatchObject({ create: "./steps/run lease", delete: "./steps/run release" });
  expect(lease.props["triggers"]).toHaveLength(1);
});

test.each([
  ["overlap", false],
  ["delete-first", true],
] as const)("strategy %s: the old server is deleted first is %s", async (strategy, first) => {
  const { find } = await declare({ strategy });

  expect(find("Server", "devserver-server").opts.deleteBeforeReplace).toBe(first);
});

test("what only concerns the next server never replaces this one", async () => {
  const { find } = await declare();

  expect(find("Server", "devserver-server").opts.ignoreChanges).toEqual(["image", "userData", "sshKeys"]);
  expect(find("Command", "devserver-stage").opts.ignoreChanges).toContain("stdin");
  expect(find("Command", "devserver-take-over").opts.ignoreChanges).toContain("stdin");
  expect(find("Command", "devserver-system").opts.ignoreChanges).toBeUndefined();
});

test.each([
  ["recreate", { recreate: 1 }, true],
  ["the place of /nix", { volumes: [{ name: "home", size: 50, mountPoint: "/home", store: false, encrypted: false }] }, true],
  ["the size of a volume", { volumes: [{ name: "home", size: 60, mountPoint: "/home", store: true, encrypted: false }] }, false],
  ["the server type", { serverType: "cx33" }, false],
  ["the image", { image: "debian-12" as const }, false],
])("a change of %s asks for a new server: %#", async (_, change, expected) => {
  const before: unknown = (await declare()).find("Server", "devserver-server").opts.replacementTrigger;

  const after: unknown = (await declare(change)).find("Server", "devserver-server").opts.replacementTrigger;

  expect(before !== after).toBe(expected);
});

test.each([
  ["reinstall", { reinstall: 1 }, true],
  ["recreate alone", { recreate: 1 }, false],
  ["the server type", { serverType: "cx33" }, false],
])("a change of %s installs again on the server that is there: %#", async (_, change, expected) => {
  const triggers = async (over: Partial<MachineConfig>) => {
    const { find } = await declare(over);
    const steps = ["devserver-stage", "devserver-take-over"].map((name) => find("Command", name).props["triggers"]);
    return valueOf(pulumi.output(steps));
  };

  const [before, after] = [await triggers({}), await triggers(change)];

  expect(JSON.stringify(before) !== JSON.stringify(after)).toBe(expected);
});

test("another server type makes the system's step look, though the system is the same", async () => {
  const environment = async (over: Partial<MachineConfig>) =>
    valueOf(pulumi.output((await declare(over)).find("Command", "devserver-system").props["environment"]));

  const [before, after] = [await environment({}), await environment({ serverType: "cx33" })];

  expect(after).toEqual({ ...(before as object), NIXOS_VPS_SERVER: "cx33" });
});

test("no input of a step depends on the operator's computer", async () => {
  const { children } = await declare();

  for (const step of children.filter((child) => child.type === "command:local:Command")) {
    const inputs = JSON.stringify(await valueOf(pulumi.output(step.props)));
    for (const own of [process.cwd(), process.env["HOME"] ?? "/root", process.version]) expect(inputs).not.toContain(own);
  }
});

test("user data, the steps' documents and their keys are secrets", async () => {
  const { children, find } = await declare();

  expect(await isSecret(find("Server", "devserver-server").props["userData"])).toBe(true);
  for (const step of children.filter((child) => child.type === "command:local:Command")) {
    expect(await isSecret(step.props["stdin"])).toBe(true);
  }
});

test("the bootstrap key is the only private key that cloud-init sees", async () => {
  const { find } = await declare();

  const userData = await valueOf(find("Server", "devserver-server").props["userData"] as pulumi.Output<string>);
  const document = JSON.parse(await stdinOf(find("Command", "devserver-stage"))) as {
    hostKey: string;
    ssh: { deployKey: string };
  };

  const lineOf = (key: string) => key.split("\n")[3] ?? "";
  expect(userData).not.toContain(lineOf(document.hostKey));
  expect(userData).not.toContain(lineOf(document.ssh.deployKey));
});

test("a volume that would have to shrink or to move is refused with what to do", async () => {
  const kept = { id: 99, name: "v", size: 80, location: "fsn1", machine: "devserver", purpose: "home", server: null };

  await expect(declare({}, [kept])).rejects.toThrow(/holds 80 GB and cannot shrink to 50 GB.*Set its size to 80/s);
  await expect(declare({}, [{ ...kept, size: 50, location: "hel1" }])).rejects.toThrow(/is in hel1.*asks for fsn1/s);
});

test("what the stack knows of a volume's content reaches stage and take-over, and no other volume than that one", async () => {
  const expected = async (former: FormerVolumes): Promise<unknown[]> => {
    const { find } = await declare({}, [], former);
    const documents = ["stage", "take-over"].map(async (step) => JSON.parse(await stdinOf(find("Command", `devserver-${step}`))) as object);
    return (await Promise.all(documents)).map((document) => (document as { fileSystemsBefore: unknown }).fileSystemsBefore);
  };

  expect(await expected({ devserver: { home: { id: 4711, fileSystem: "0b9b" } } })).toEqual([{ home: "0b9b" }, { home: "0b9b" }]);
  expect(await expected({ devserver: { home: { id: 4710, fileSystem: "0b9b" } } })).toEqual([{}, {}]);
  expect(await expected({ webserver: { home: { id: 4711, fileSystem: "0b9b" } } })).toEqual([{}, {}]);
});

test("a change of what the stack knows of the volumes' content changes no switch", async () => {
  const told = async (former: FormerVolumes): Promise<string> =>
    stdinOf((await declare({}, [], former)).find("Command", "devserver-system"));

  expect(await told({ devserver: { home: { id: 4711, fileSystem: "0b9b" } } })).toBe(await told({}));
});
