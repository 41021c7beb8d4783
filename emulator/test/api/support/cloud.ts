// An emulator of a test's own, and a client that speaks to it as plainly as possible.
import { type ApiEmulator, type EmulatorOptions, startEmulator } from "../../../src";
import { requireOpenApi } from "./openapi";

export interface ActionJson {
  id: number;
  command: string;
  status: "running" | "success" | "error";
  progress: number;
  finished: string | null;
  resources: { id: number; type: string }[];
  error: { code: string; message: string } | null;
}

export interface ServerJson {
  id: number;
  name: string;
  status: string;
  locked: boolean;
  volumes: number[];
  labels: Record<string, string>;
  primary_disk_size: number;
  server_type: { name: string };
  image: { name: string } | null;
  location: { name: string };
  public_net: {
    ipv4: { id: number; ip: string; dns_ptr: string } | null;
    ipv6: { id: number; ip: string } | null;
    firewalls: { id: number; status: string }[];
  };
  protection: { delete: boolean; rebuild: boolean };
}

export interface VolumeJson {
  id: number;
  name: string;
  status: string;
  server: number | null;
  size: number;
  labels: Record<string, string>;
  linux_device: string;
}

export interface ErrorJson {
  error: { code: string; message: string; details: { fields: { name: string; messages: string[] }[] } | null };
}

export interface Reply<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** Real time; only to fail in words where a test would hang. */
const LONGEST_ACTION_MS = 20_000;

export const TOKEN = "a".repeat(64);

export class Cloud {
  /** @param documented whether its answers are those of the OpenAPI document, which is of July 2026 */
  constructor(
    readonly emulator: ApiEmulator,
    private readonly documented = true,
  ) {}

  static async start(options: EmulatorOptions = {}): Promise<Cloud> {
    return new Cloud(await startEmulator({ ...options, machines: false }), options.apiDate === undefined);
  }

  stop(): Promise<void> {
    return this.emulator.stop();
  }

  /** Whatever comes back; checked against the OpenAPI document. */
  async ask<T = unknown>(method: string, path: string, body?: unknown, token: string | null = TOKEN): Promise<Reply<T>> {
    const response = await fetch(this.emulator.url + path, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === "" ? undefined : JSON.parse(text);
    if (this.documented) requireOpenApi(method, path.split("?")[0] ?? path, response.status, parsed);
    return { status: response.status, headers: response.headers, body: parsed as T };
  }

  /** @throws Error when it is refused */
  async do<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await this.ask<T>(method, path, body);
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** `status code` of what must be refused, e.g. `423 locked`. */
  async refusal(method: string, path: string, body?: unknown): Promise<string> {
    const reply = await this.ask<ErrorJson>(method, path, body);
    return reply.status < 400 ? `${reply.status}` : `${reply.status} ${reply.body.error.code}`;
  }

  /** Names of the fields that a refusal complains of. */
  async wrongFields(method: string, path: string, body?: unknown): Promise<string[]> {
    const reply = await this.ask<ErrorJson>(method, path, body);
    return (reply.body.error.details?.fields ?? []).map(({ name }) => name);
  }

  /** Waits until actions are over. @returns them as they ended */
  async ended(...actions: (ActionJson | null)[]): Promise<ActionJson[]> {
    const ids = actions.flatMap((action) => (action ? [`id=${action.id}`] : []));
    if (ids.length === 0) return [];
    const limit = Date.now() + LONGEST_ACTION_MS;
    for (;;) {
      const { actions: now } = await this.do<{ actions: ActionJson[] }>("GET", `/actions?${ids.join("&")}`);
      if (now.every(({ status }) => status !== "running")) return now;
      if (Date.now() > limit) throw new Error(`an action does not end: ${JSON.stringify(now)}`);
    }
  }

  /** Does something to the end. @throws Error when an action fails */
  async done<T extends { action?: ActionJson | null; next_actions?: ActionJson[]; actions?: ActionJson[] }>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    const reply = await this.do<T>(method, path, body);
    const actions = await this.ended(reply.action ?? null, ...(reply.next_actions ?? []), ...(reply.actions ?? []));
    for (const { command, error } of actions) if (error) throw new Error(`${command}: ${error.code} ${error.message}`);
    return reply;
  }

  async newServer(name: string, more: object = {}): Promise<ServerJson> {
    const { server } = await this.done<{ server: ServerJson; action: ActionJson; next_actions: ActionJson[] }>("POST", "/servers", {
      name,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      ...more,
    });
    return this.server(server.id);
  }

  async newVolume(name: string, more: object = { location: "fsn1" }): Promise<VolumeJson> {
    const { volume } = await this.done<{ volume: VolumeJson; action: ActionJson; next_actions: ActionJson[] }>("POST", "/volumes", {
      name,
      size: 10,
      ...more,
    });
    return this.volume(volume.id);
  }

  async server(id: number): Promise<ServerJson> {
    return (await this.do<{ server: ServerJson }>("GET", `/servers/${id}`)).server;
  }

  async volume(id: number): Promise<VolumeJson> {
    return (await this.do<{ volume: VolumeJson }>("GET", `/volumes/${id}`)).volume;
  }

  act(path: string, action: string, body?: object): Promise<{ action: ActionJson; root_password?: string | null }> {
    return this.done("POST", `${path}/actions/${action}`, body);
  }
}
