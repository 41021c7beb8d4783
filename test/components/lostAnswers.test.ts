// What the hooks order of Hetzner when an answer is lost on the way: the order is given again, and may be refused because it has
// been carried out.
import type { ErrorHookArgs, ErrorHookFunction, ResourceHookBinding } from "@pulumi/pulumi";
import * as pulumi from "@pulumi/pulumi";
import { detachUnknown } from "../../components/hooks/detachUnknown";
import { removeOrphans } from "../../components/hooks/removeOrphans";
import { machineLabels } from "../../components/labels";
import { type ApiEmulator, startEmulator } from "../../emulator/src";
import type { StepInput } from "../../steps/documents";

// Hooks ask for an engine as soon as they are made; what they do needs none.
jest.mock("@pulumi/pulumi", () => ({
  ...jest.requireActual<object>("@pulumi/pulumi"),
  ErrorHook: class {
    constructor(
      readonly name: string,
      readonly callback: unknown,
    ) {}
  },
  log: { info: () => Promise.resolve(), error: () => Promise.resolve() },
}));
jest.mock("../../components/hooks/runStep", () => ({ runStep: () => Promise.resolve({}) }));

const token = "t".repeat(64);
let cloud: ApiEmulator;

beforeEach(async () => {
  jest.replaceProperty(process, "env", { ...process.env, NIXOS_VPS_LIMIT_FACTOR: "0.01" });
  cloud = await startEmulator({ machines: false, latencies: "instant" });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await cloud.stop();
});

/** A request, whose thing is answered under this name. */
async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${cloud.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  return (await response.json()) as T;
}

/** What the engine calls when a resource could not be made. */
function creationFailed({ onError: [hook] = [] }: ResourceHookBinding, args: Partial<ErrorHookArgs>): Promise<boolean> {
  const { callback } = hook as unknown as { callback: ErrorHookFunction };
  return Promise.resolve(callback({ failedOperation: "create", ...args } as ErrorHookArgs));
}

describe("a volume that hangs on a server without the state knowing", () => {
  const DETACH = "POST /volumes/:id/actions/detach";
  let volume: { id: number; server: number | null };
  let server: { id: number; name: string };
  beforeEach(async () => {
    const place = { location: "fsn1" };
    ({ server } = await api<{ server: typeof server }>("POST", "/servers", {
      ...place,
      name: "devserver-1",
      server_type: "cx23",
      image: "debian-13",
    }));
    ({ volume } = await api<{ volume: typeof volume }>("POST", "/volumes", { name: "home", size: 10, server: server.id }));
  });

  const holder = async (): Promise<number | null> => (await api<{ volume: typeof volume }>("GET", `/volumes/${volume.id}`)).volume.server;
  const attachmentFailed = (): Promise<boolean> => {
    const release = { machine: "devserver", stack: "test", server, volume: { id: volume.id, name: "home" } } as StepInput<"release">;
    const hooks = detachUnknown("devserver-home", { cloud: { endpoint: cloud.url, token }, release: pulumi.output(release) });
    return creationFailed(hooks, { errors: ["already_attached"] });
  };

  test("is detached although the answer to the order is lost, and the repeated one refused", async () => {
    expect(await holder()).toBe(server.id);
    cloud.faults.dropResponseNext(DETACH);

    expect(await attachmentFailed()).toBe(true);
    expect(await holder()).toBeNull();
  });

  test("and cannot be detached ends the attempt with Hetzner's words", async () => {
    cloud.faults.failNext(DETACH, { status: 422, code: "invalid_input", message: "not today" });

    await expect(attachmentFailed()).rejects.toThrow("not today");
    expect(await holder()).toBe(server.id);
  });
});

describe("what an interrupted run left at Hetzner", () => {
  const DELETE = "DELETE /ssh_keys/:id";
  const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIDSvKs9LDvLDVvSjfJlcZ3Yl5hBVMkK1mB2QnqUBVFe";
  beforeEach(() => api("POST", "/ssh_keys", { name: "devserver", public_key: KEY, labels: machineLabels("test", "devserver") }));

  const keys = async (): Promise<unknown[]> => (await api<{ ssh_keys: unknown[] }>("GET", "/ssh_keys")).ssh_keys;
  const creation = (): Promise<boolean> => {
    const ssh = {} as StepInput<"identify">["ssh"];
    const hooks = removeOrphans("devserver", { stack: "test", machine: "devserver", cloud: { endpoint: cloud.url, token }, ssh });
    return creationFailed(hooks, { type: "hcloud:index/sshKey:SshKey", errors: ["uniqueness_error"], newInputs: { name: "devserver" } });
  };

  test("is removed although the answer to the order is lost, and the repeated one finds nothing", async () => {
    expect(await keys()).toHaveLength(1);
    cloud.faults.dropResponseNext(DELETE);

    expect(await creation()).toBe(true);
    expect(await keys()).toEqual([]);
  });

  test("and cannot be removed ends the attempt with Hetzner's words", async () => {
    cloud.faults.failNext(DELETE, { status: 422, code: "invalid_input", message: "not today" });

    await expect(creation()).rejects.toThrow("not today");
    expect(await keys()).toHaveLength(1);
  });
});
