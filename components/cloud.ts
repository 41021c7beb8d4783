// What the program itself asks Hetzner before it declares anything: which volumes of this stack exist already. One list call for the
// whole stack, however many machines it has.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ENCRYPTED_LABEL, MACHINE_LABEL, PURPOSE_LABEL, STACK_LABEL, labelValue } from "./labels";

export interface CloudAccess {
  /** With `/v1`, e.g. `https://api.hetzner.cloud/v1`. */
  endpoint: string;
  token: string;
}

/** The same settings that Hetzner's provider reads, from the stack's configuration or the environment. */
export function cloudAccess(): CloudAccess {
  const config = new pulumi.Config("hcloud");
  return {
    endpoint: config.get("endpoint") ?? process.env["HCLOUD_ENDPOINT"] ?? "https://api.hetzner.cloud/v1",
    token: config.get("token") ?? process.env["HCLOUD_TOKEN"] ?? "",
  };
}

export interface ExistingVolume {
  id: number;
  name: string;
  size: number;
  location: string;
  machine: string;
  purpose: string;
  /** Id of the server that it is attached to. */
  server: number | null;
  /** What is on it by its labels, or by Hetzner's own word: `luks`, `ext4` or `xfs`. Left out where neither says anything, as of a copy. */
  holds?: string;
}

const REQUEST_LIMIT_MS = 30_000;

const volumePage = z.object({
  volumes: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      size: z.number(),
      location: z.object({ name: z.string() }),
      labels: z.record(z.string(), z.string()),
      server: z.number().nullable(),
      format: z.string().nullish(),
    }),
  ),
  meta: z.object({ pagination: z.object({ next_page: z.number().nullish() }) }).optional(),
});

/**
 * The volumes that carry this stack's labels, left by an earlier `pulumi destroy` or by an `up` that was killed before it could
 * remember them.
 *
 * @throws {pulumi.RunError} when Hetzner cannot be asked: going on without an answer could make a second, empty volume.
 */
export async function existingVolumes(access: CloudAccess, stack: string): Promise<ExistingVolume[]> {
  const found: ExistingVolume[] = [];
  let page: number | null | undefined = 1;
  while (page) {
    const selector = encodeURIComponent(`${STACK_LABEL}=${labelValue(stack)}`);
    const answer = readPage(
      access,
      await callCloud(access, "GET", `/volumes?label_selector=${selector}&per_page=50&page=${page.toString()}`),
    );
    for (const { id, name, size, location, labels, server, format } of answer.volumes) {
      const [machine, purpose] = [labels[MACHINE_LABEL], labels[PURPOSE_LABEL]];
      const holds = labels[ENCRYPTED_LABEL] === "true" ? "luks" : format;
      if (machine && purpose) found.push({ id, name, size, location: location.name, machine, purpose, server, ...(holds && { holds }) });
    }
    page = answer.meta?.pagination.next_page;
  }
  return found;
}

function readPage(access: CloudAccess, answer: unknown): z.infer<typeof volumePage> {
  const parsed = volumePage.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new pulumi.RunError(
    `What answers at ${access.endpoint} is not Hetzner's API: it has no list of volumes. Nothing was changed. ` +
      "Set hcloud:endpoint, or HCLOUD_ENDPOINT in the environment, to an address that ends in /v1, or to nothing.",
  );
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * One call of the API.
 *
 * @returns the body, or undefined where there is none or the thing does not exist
 * @throws {pulumi.RunError} in words for a person when the answer is neither
 */
export async function callCloud(access: CloudAccess, method: Method, path: string, body?: object): Promise<unknown> {
  const response = await request(access, method, path, body);
  if (response.status === 404 || response.status === 204) return undefined;
  if (response.status === 401) {
    throw new pulumi.RunError(
      "Hetzner refuses the API token (401). Nothing was changed. Set a valid one of this project with read and write rights: " +
        "pulumi config set --secret hcloud:token, or HCLOUD_TOKEN in the environment.",
    );
  }
  if (!response.ok) {
    throw new pulumi.RunError(
      `Hetzner's API answers ${method} ${path} with HTTP ${response.status.toString()}, so it is not known what exists of this stack. ` +
        "Going on could make a second, empty volume in place of yours. Nothing was changed; run the same command again.",
    );
  }
  return response.json();
}

async function request(access: CloudAccess, method: Method, path: string, body?: object): Promise<Response> {
  try {
    return await fetch(access.endpoint + path, {
      method,
      headers: {
        Authorization: `Bearer ${access.token}`,
        "User-Agent": "nixos-vps",
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
  } catch (error) {
    throw new pulumi.RunError(
      `Hetzner's API does not answer at ${access.endpoint} (${reason(error)}). Nothing was changed; check the network and run the same command again.`,
    );
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
