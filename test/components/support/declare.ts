// What a machine declares, with mocks in the place of the engine: every resource with the options that mocks do not show (facts 2.31).
import * as pulumi from "@pulumi/pulumi";
import type { ExistingVolume } from "../../../components/cloud";
import type { FormerVolumes } from "../../../components/formerVolumes";
import type { MachineConfig } from "../../../config";

// Pulumi's mocks know no hooks; what they do is tried on the real engine (test/lifecycle/kill.test.ts).
jest.mock("../../../components/hooks/removeOrphans", () => ({ removeOrphans: () => ({}) }));
jest.mock("../../../components/hooks/detachUnknown", () => ({ detachUnknown: () => ({}) }));
jest.mock("../../../components/hooks/refuseSecondVolume", () => ({ refuseSecondVolume: () => ({}) }));
jest.mock("../../../components/hooks/shutDownCleanly", () => ({ shutDownCleanly: () => ({}) }));
jest.mock("../../../components/hooks/checkChange", () => ({ checkChange: () => ({}) }));
jest.mock("../../../components/hooks/giveAddressesBack", () => ({ giveAddressesBack: () => ({}) }));
jest.mock("../../../components/hooks/powerOnAgain", () => ({ powerOnAgain: () => ({}) }));

export interface Child {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: pulumi.CustomResourceOptions;
}

export interface Declared {
  children: Child[];
  find: (type: string, name: string) => Child;
}

/** What the mocked system step answers. */
export const GENERATION = 3;

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

/** To be called once in a file of tests. */
export function mockPulumi(): void {
  beforeAll(() =>
    pulumi.runtime.setMocks(
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
              stdout: JSON.stringify({ system: "/nix/store/x", generation: GENERATION, changed: true, rebooted: false }),
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
    ),
  );
}

/** Declares the machine of these tests, changed in this way, where these volumes exist already. */
export async function declare(
  change: Partial<MachineConfig> = {},
  existing: ExistingVolume[] = [],
  former: FormerVolumes = {},
): Promise<Declared> {
  const { Machine } = await import("../../../components");
  const children: Child[] = [];
  const machine = new Machine(
    "devserver",
    {
      config: { ...CONFIG, ...change },
      cloud: { endpoint: "http://127.0.0.1:1/v1", token: "t".repeat(64) },
      existing,
      former,
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
  await valueOf(machine.generation);
  return {
    children,
    find: (type, name) => {
      const found = children.find((child) => child.type.endsWith(`:${type}`) && child.name === name);
      if (!found) throw new Error(`no ${type} named ${name} among ${children.map((child) => child.name).join(", ")}`);
      return found;
    },
  };
}

/** The text on a step's standard input. */
export function stdinOf(child: Child): Promise<string> {
  return valueOf(child.props["stdin"] as pulumi.Output<string>);
}

export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

export async function isSecret(value: unknown): Promise<boolean> {
  return pulumi.Output.isInstance(value) && (await (value as unknown as { isSecret: Promise<boolean> }).isSecret);
}
