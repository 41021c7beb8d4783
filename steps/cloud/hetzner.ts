// The little of Hetzner's API that steps need. Pulumi's provider does the rest.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { patience, poll } from "../waiting";

const server = z.object({
  server: z.object({
    id: z.number(),
    name: z.string(),
    status: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    /** Ids of what is attached. */
    volumes: z.array(z.number()).default([]),
    /** `ipv6.ip` is a network, e.g. `2001:db8:1:2::/64`. */
    public_net: z
      .object({ ipv4: z.object({ ip: z.string() }).nullish(), ipv6: z.object({ ip: z.string() }).nullish() })
      .default({ ipv4: null, ipv6: null }),
    /** `x86` or `arm`. */
    server_type: z.object({ architecture: z.string() }).optional(),
  }),
});
const volume = z.object({
  volume: z.object({
    id: z.number(),
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    server: z.number().nullable(),
    created: z.string().optional(),
    protection: z.object({ delete: z.boolean() }),
  }),
});
const guarded = z.object({ server: z.object({ protection: z.object({ rebuild: z.boolean() }) }) });
const images = z.object({ images: z.array(z.object({ id: z.number() })) });
const accepted = z.object({
  action: z.object({ id: z.number(), status: z.string(), error: z.object({ code: z.string(), message: z.string() }).nullish() }),
});
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export type HetznerServer = z.infer<typeof server>["server"];
export type HetznerVolume = z.infer<typeof volume>["volume"];

/** The API said no, or could not be reached. Carries no token. */
export class HetznerError extends Error {
  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Hetzner's code, e.g. `locked`, or `no_answer`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "HetznerError";
  }

  /** The token is not, or no longer, good for this. */
  get unauthorized(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export interface HetznerOptions {
  /** With `/v1`. */
  endpoint: string;
  token: string;
  /** Tries for an answer that may be another one in a moment (423, 409, 429, 5xx, no answer). */
  tries?: number;
  /** First pause between tries, doubled each time up to its sixteenfold, in milliseconds. 500, multiplied as `patience` says, by default. */
  pauseMs?: number;
}

/**
 * @example
 * ```ts
 * const api = new HetznerApi({ endpoint: "https://api.hetzner.cloud/v1", token });
 * if (!(await api.server(42))) console.log("gone");
 * ```
 */
export class HetznerApi {
  constructor(private readonly options: HetznerOptions) {}

  /**
   * The client for a step: the token of today if there is one in the environment, because a delete runs with the inputs recorded last, and
   * the token among them may have been revoked since.
   */
  static forStep<Api>(
    this: new (options: HetznerOptions) => Api,
    api: { endpoint: string; token: string },
    options: Pick<HetznerOptions, "tries"> = {},
  ): Api {
    return new this({ endpoint: api.endpoint, token: process.env.HCLOUD_TOKEN ?? api.token, ...options });
  }

  /** @returns undefined when there is no such server (any more) */
  async server(id: number): Promise<HetznerServer | undefined> {
    const body = await this.request("GET", `/servers/${id}`);
    return body === undefined ? undefined : server.parse(body).server;
  }

  /** @returns undefined when there is no such volume (any more) */
  async volume(id: number): Promise<HetznerVolume | undefined> {
    const body = await this.request("GET", `/volumes/${id}`);
    return body === undefined ? undefined : volume.parse(body).volume;
  }

  /** Deletion is refused from now on, by the API and in the console. */
  async protectVolume(id: number): Promise<void> {
    await this.request("POST", `/volumes/${id}/actions/change_protection`, { delete: true });
  }

  /** @returns whether there is an image of this name that a server of this architecture (`x86`, `arm`) can be given */
  async hasImage(name: string, architecture: string): Promise<boolean> {
    const query = new URLSearchParams({ name, architecture, type: "system", status: "available" });
    const body = await this.request("GET", `/images?${query.toString()}`);
    return images.parse(body).images.length > 0;
  }

  /** Whether somebody forbade that the server's disk is written anew. */
  async isRebuildProtected(id: number): Promise<boolean> {
    const body = await this.request("GET", `/servers/${id}`);
    return guarded.safeParse(body).data?.server.protection.rebuild === true;
  }

  /** Switches it on; it boots from its disk. */
  async powerOn(id: number): Promise<void> {
    await this.request("POST", `/servers/${id}/actions/poweron`);
  }

  /**
   * Writes an image over the server's root disk and starts it. Address, user data, ssh keys and attached volumes stay. Everything on the
   * root disk is lost.
   *
   * @param image name of a system image, e.g. `debian-13`
   * @throws HetznerError also when the action was accepted and then failed
   */
  async rebuild(id: number, image: string, limitMs: number): Promise<void> {
    const body = await this.request("POST", `/servers/${id}/actions/rebuild`, { image });
    const { action } = accepted.parse(body);
    const end = await poll(limitMs, async () => {
      const now = accepted.parse(await this.request("GET", `/actions/${action.id}`)).action;
      return now.status === "running" ? undefined : now;
    });
    if (end?.status === "success") return;
    const why = end ? `${end.error?.code ?? end.status}: ${end.error?.message ?? "it gave no reason"}` : "it did not end in time";
    throw new HetznerError(201, end?.error?.code ?? "timeout", `Hetzner's action "rebuild" failed (${why})`);
  }

  /** ACPI signal: the machine shuts down by itself, or does not. */
  async shutdown(id: number): Promise<void> {
    await this.request("POST", `/servers/${id}/actions/shutdown`);
  }

  /** Hard, as if the cable were pulled. */
  async powerOff(id: number): Promise<void> {
    await this.request("POST", `/servers/${id}/actions/poweroff`);
  }

  /** @returns whether it is off (or gone) within the limit, which `patience` multiplies */
  async waitUntilOff(id: number, limitMs: number): Promise<boolean> {
    const off = await poll(limitMs, async () => {
      const now = await this.server(id);
      return !now || now.status === "off" ? true : undefined;
    });
    return off === true;
  }

  /** @returns undefined for 404 */
  protected async request(method: Method, path: string, body?: object): Promise<unknown> {
    const { tries = 6, pauseMs = patience(500) } = this.options;
    for (let attempt = 1, pause = pauseMs; ; attempt++, pause = Math.min(pause * 2, 16 * pauseMs)) {
      try {
        return await this.once(method, path, body);
      } catch (error) {
        if (!(error instanceof HetznerError) || !mayPass(error) || attempt >= tries) throw error;
        await sleep(pause);
      }
    }
  }

  private async once(method: Method, path: string, body?: object): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.options.endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.options.token}`, "content-type": "application/json" },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw new HetznerError(0, "no_answer", `The Hetzner API did not answer (${method} ${path}): ${reason(error)}`);
    }
    const text = await response.text();
    const answer = parseJson(text);
    if (response.ok && (answer !== undefined || text === "")) return answer ?? null;
    const told = failure.safeParse(answer);
    const code = told.success ? told.data.error.code : `http_${response.status}`;
    if (response.status === 404 && code === "not_found") return undefined;
    const words = told.success ? told.data.error.message : response.statusText;
    throw new HetznerError(response.status, code, `The Hetzner API answered ${method} ${path} with ${response.status} ${code}: ${words}`);
  }
}

function mayPass({ status, code }: HetznerError): boolean {
  // A name that is taken stays taken.
  if (code === "uniqueness_error") return false;
  return status === 0 || status === 409 || status === 429 || status >= 500 || (status === 423 && code === "locked");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
