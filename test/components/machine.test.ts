import * as pulumi from "@pulumi/pulumi";
import type { MachineConfig } from "../../config";
import type { ExistingVolume } from "../../components/cloud";

// Pulumi's mocks know no error hooks; what they do is tried on the real engine (test/lifecycle/kill.test.ts).
jest.mock("../../components/hooks/removeOrphans", () => ({ removeOrphans: () => ({}) }));
jest.mock("../../components/hooks/detachUnknown", () => ({ detachUnknown: () => ({}) }));
jest.mock("../../components/hooks/refuseSecondVolume", () => ({ refuseSecondVolume: () => ({}) }));
jest.mock("../../components/hooks/shutDownCleanly", () => ({ shutDownCleanly: () => ({}) }));
jest.mock("../../components/hooks/checkChange", () => ({ checkChange: () => ({}) }));
jest.mock("../../components/hooks/powerOnAgain", () => ({ powerOnAgain: () => ({}) }));

interface Child {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: pulumi.CustomResourceOptions;
}

const HARDWARE = { rootDisk: "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1", firmware: "bios", mac: null };
const CONFIG: MachineConfig = {
  name: "devserver",
  serverType: "cx23",
  system: "x86_64-linux",
  location: "fsn1",
  image: "debian-13",
  host: "devserver",
  admin: { name: "qwe", uid: 1000, sshKeys: ["ssh-ed25519 AAAA me"] },
  volumes: [{ name: "home", size: 50, mountPoint: "/home", store: true, encrypted: false }],
  storage: "home+store",
  strategy: "overlap",
  recreate: 0,
  reinstall: 0,
  ssh: { port: 2222 },
  ipv4: true,
  ipv6: true,
  firewall: { rules: [{ protocol: "tcp", port: "2222", from: ["0.0.0.0/0"], description: "ssh" }] },
  rootDisk: { fileSystem: "ext4", encrypted: false },
  healthChecks: [],
  labels: { team: "web" },
};

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
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
          ...(name.endsWith("-system") && {
            stdout: JSON.stringify({ system: "/nix/store/x", generation: 3, changed: true, rebooted: false }),
          }),
        },
      }),
      call: ({ token }) => {
        throw new Error(`no call is expected, but ${token} was made`);
      },
    },
    "nixos-vps",
    "test",
    false,
  );
});

/** Every resource that the machine declares, with the options that mocks do not show (facts 2.31). */
async function declare(
  change: Partial<MachineConfig> = {},
  existing: ExistingVolume[] = [],
): Promise<{ children: Child[]; find: (type: string, name: string) => Child }> {
  const { Machine } = await import("../../components");
  const children: Child[] = [];
  const machine = new Machine(
    "devserver",
    {
      config: { ...CONFIG, ...change },
      cloud: { endpoint: "http://127.0.0.1:1/v1", token: "t".repeat(64) },
      existing,
      former: {},
      flake: { path: "nix", hash: "h" },
    },
    {
      transformations: [
        ({ type, name, props, opts }) => {
          children.push({ type, name, props: props, opts });
          return undefined;
        },
      ],
    },
  );
  expect(await valueOf(machine.generation)).toBe(3);
  return {
    children,
    find: (type, name) => {
      const found = children.find((child) => child.type.endsWith(`:${type}`) && child.name === name);
      if (!found) throw new Error(`no ${type} named ${name} among ${children.map((child) => child.name).join(", ")}`);
      return found;
    },
  };
}

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
  const document = JSON.parse(await valueOf(find("Command", "devserver-stage").props["stdin"] as pulumi.Output<string>)) as {
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

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

async function isSecret(value: unknown): Promise<boolean> {
  return pulumi.Output.isInstance(value) && (await (value as unknown as { isSecret: Promise<boolean> }).isSecret);
}
