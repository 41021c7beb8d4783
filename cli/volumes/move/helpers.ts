// The two servers that exist for as long as a volume is copied. They are known by a label, so that those of a run that was killed are found
// and deleted by the next; there is nothing on them.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { STACK_LABEL, labelValue } from "../../../components/labels";
import { type KeyPair, deriveKeyPair } from "../../../components/machineKeys";
import { bootstrapUserData } from "../../../components/userData";
import type { StepContext } from "../../../steps/context";
import { HetznerError } from "../../../steps/cloud/hetzner";
import { type Connection, openConnections } from "../../../steps/ssh/connections";
import { awaitMachine } from "../../../steps/ssh/contact";
import { StepError } from "../../../steps/stepError";
import { poll } from "../../../steps/waiting";
import { type CloudVolume, VolumeCloud } from "../cloud";

/** Id of the volume that a server or key is there to copy. */
const HELPER_LABEL = "nixos-vps/copies";
const IMAGE = "debian-13";
const MINUTE = 60_000;
/** How many server types are tried where one is out of stock. */
const TYPES_TRIED = 6;

const serverShape = z.object({ id: z.number(), name: z.string(), public_net: z.object({ ipv4: z.object({ ip: z.string() }).nullable() }) });
const created = z.object({ server: serverShape, next_actions: z.array(z.object({ id: z.number() })).optional() });
const servers = z.object({ servers: z.array(serverShape) });
const keys = z.object({ ssh_keys: z.array(z.object({ id: z.number() })) });
const types = z.object({
  server_types: z.array(
    z.object({
      name: z.string(),
      architecture: z.string(),
      deprecation: z.unknown(),
      locations: z.array(z.object({ name: z.string(), deprecation: z.unknown() })).optional(),
      prices: z.array(z.object({ location: z.string(), price_hourly: z.object({ net: z.string() }) })),
    }),
  ),
  meta: z.object({ pagination: z.object({ next_page: z.number().nullish() }) }).optional(),
});

export class Helpers extends VolumeCloud {
  private readonly selector: string;
  private readonly secret = randomBytes(48).toString("hex");
  private readonly key: KeyPair = deriveKeyPair(this.secret, "copy", "deploy");
  private readonly hostKey: KeyPair = deriveKeyPair(this.secret, "copy", "bootstrap-host");

  /** @param copied the volume */
  constructor(
    access: { endpoint: string; token: string },
    private readonly stack: string,
    private readonly copied: CloudVolume,
  ) {
    super(access);
    this.selector = encodeURIComponent(`${STACK_LABEL}=${labelValue(stack)},${HELPER_LABEL}=${this.copied.id}`);
  }

  /** Deletes what this or an earlier run has made. Volumes on it come off unharmed: nothing mounts them there. */
  async remove(): Promise<void> {
    const gone = await poll(5 * MINUTE, async () => {
      const found = servers.parse(await this.request("GET", `/servers?label_selector=${this.selector}&per_page=50`));
      if (found.servers.length === 0) return true;
      for (const { id } of found.servers) {
        try {
          await this.ended(await this.request("DELETE", `/servers/${id}`));
        } catch (error) {
          // It may still be in the making, or be deleted by the run that was just ended; the next look tells.
          if (!(error instanceof HetznerError)) throw error;
        }
      }
      return undefined;
    });
    if (!gone) {
      throw new StepError({
        what: `The servers for the copy of ${this.copied.name} could not be deleted.`,
        state: "They hold nothing, and cost by the hour. The original volume was not changed.",
        next: "Run the same command again, or delete the servers named copy-… in the Hetzner console.",
      });
    }
    const left = keys.parse(await this.request("GET", `/ssh_keys?label_selector=${this.selector}&per_page=50`));
    for (const { id } of left.ssh_keys) await this.request("DELETE", `/ssh_keys/${id}`);
  }

  /** A server in each volume's location, with the volume attached, and the pinned way to it. */
  async make(context: StepContext, volumes: readonly CloudVolume[]): Promise<Connection[]> {
    const { ssh_key: key } = z.object({ ssh_key: z.object({ id: z.number() }) }).parse(
      await this.request("POST", "/ssh_keys", {
        name: `${labelValue(this.stack)}-copies-${this.copied.id}`,
        public_key: this.key.publicKey,
        labels: this.labels(),
      }),
    );
    return Promise.all(volumes.map((volume) => this.helperFor(context, volume, key.id)));
  }

  private async helperFor(context: StepContext, volume: CloudVolume, key: number): Promise<Connection> {
    const { location } = volume;
    const { id, name, address } = await this.createServer(`copy-${this.copied.id}-${location}`, location, key);
    context.progress.say(`made the server ${name}, for as long as this takes`);
    await this.attach(volume.id, id);
    const workspace = join(context.workspace, location);
    await mkdir(workspace, { mode: 0o700 });
    const ssh = {
      port: 22,
      deployKey: this.key.privateKey,
      hostPublicKey: this.hostKey.publicKey,
      bootstrapHostPublicKey: this.hostKey.publicKey,
    };
    const connections = await openConnections({ machine: name, address, ssh }, { ...context, workspace });
    const contact = await awaitMachine(context, connections, {
      accept: ["cloud image"],
      waitingFor: `the first answer of ${name} at ${address}`,
      limitMs: 10 * MINUTE,
      state: "Nothing was copied yet; the original is as it was.",
      next: "Run the same command again: it makes new servers for the copy.",
    });
    return contact.connection;
  }

  private async createServer(name: string, location: string, key: number): Promise<{ id: number; name: string; address: string }> {
    let last: unknown;
    for (const type of (await this.typesAt(location)).slice(0, TYPES_TRIED)) {
      try {
        const body = await this.request("POST", "/servers", {
          name,
          server_type: type,
          image: IMAGE,
          location,
          ssh_keys: [key],
          user_data: bootstrapUserData(this.hostKey),
          labels: this.labels(),
        });
        await this.ended(body);
        const { server, next_actions: next = [] } = created.parse(body);
        for (const action of next) await this.ended({ action: { ...action, status: "running" } });
        return { id: server.id, name, address: server.public_net.ipv4?.ip ?? "" };
      } catch (error) {
        if (!(error instanceof HetznerError) || error.code !== "resource_unavailable") throw error;
        last = error;
      }
    }
    throw new StepError({
      what: `Hetzner has no server to copy with in ${location} at the moment: ${last instanceof Error ? last.message : "no type is offered there"}.`,
      state: "Nothing was copied yet; the original is as it was.",
      next: "Run the same command again later.",
    });
  }

  /** Names of the types that can be had there, cheapest first. */
  private async typesAt(location: string): Promise<string[]> {
    const found: { name: string; price: number }[] = [];
    for (let page: number | null | undefined = 1; page;) {
      const answer: z.infer<typeof types> = types.parse(await this.request("GET", `/server_types?per_page=50&page=${page}`));
      for (const { name, architecture, deprecation, locations, prices } of answer.server_types) {
        const price = prices.find((one) => one.location === location);
        const there = locations?.find((one) => one.name === location);
        const offered = locations === undefined ? !deprecation : there !== undefined && !there.deprecation;
        if (architecture === "x86" && price && offered) found.push({ name, price: Number(price.price_hourly.net) });
      }
      page = answer.meta?.pagination.next_page;
    }
    return found.sort((a, b) => a.price - b.price).map(({ name }) => name);
  }

  private labels(): Record<string, string> {
    return { [STACK_LABEL]: labelValue(this.stack), [HELPER_LABEL]: this.copied.id.toString() };
  }
}
