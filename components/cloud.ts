// What the program itself asks Hetzner before it declares anything: which volumes of this stack exist already. One list call for the
// whole stack, however many machines it has.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { HetznerApi, HetznerError, type Method } from "../steps/cloud/hetzner";
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

class Program extends HetznerApi {
  call(method: Method, path: string, body?: object): Promise<unknown> {
    return this.request(method, path, body);
  }
}

/**
 * One call of the API. An answer that may be another one in a moment (423, 409, 429, 5xx, none at all) is asked for again for some seconds:
 * a hook that gave up on it would leave things half done, a server powered off for example.
 *
 * @returns the body, or undefined where there is none or the thing does not exist
 * @throws {pulumi.RunError} in words for a person when the answer is neither
 */
export async function callCloud(access: CloudAccess, method: Method, path: string, body?: object): Promise<unknown> {
  try {
    return (await new Program(access).call(method, path, body)) ?? undefined;
  } catch (error) {
    if (error instanceof HetznerError && error.status === 404) return undefined;
    if (error instanceof HetznerError) throw inWords(error, access);
    throw error;
  }
}

function inWords(error: HetznerError, { endpoint }: CloudAccess): pulumi.RunError {
  if (error.unauthorized) {
    return new pulumi.RunError(
      `Hetzner refuses the API token (${error.status.toString()}). Nothing was changed. Set a valid one of this project with read and write rights: ` +
        "pulumi config set --secret hcloud:token, or HCLOUD_TOKEN in the environment.",
    );
  }
  const next =
    error.status === 0
      ? `check the network and hcloud:endpoint (${endpoint}), then run the same command again`
      : "run the same command again";
  return new pulumi.RunError(`${error.message}. Without that answer going on could do harm, so nothing more was changed; ${next}.`);
}
