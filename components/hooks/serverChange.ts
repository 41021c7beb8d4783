// What a change of a server's type or addresses means, told apart from every other change of it: the machine is off for it, and not every
// one can be carried out.
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";

/** The inputs of a server, as far as they matter here. */
export type ServerInputs = Record<string, unknown>;

const serverAnswer = z.object({
  server: z.object({
    status: z.string(),
    /** GB. */
    primary_disk_size: z.number(),
    server_type: z.object({ name: z.string() }),
    location: z.object({ name: z.string() }),
  }),
});

const typesAnswer = z.object({
  server_types: z.array(
    z.object({
      name: z.string(),
      /** GB. */
      disk: z.number(),
      locations: z.array(z.object({ name: z.string(), available: z.boolean().optional() })).default([]),
    }),
  ),
});

/** The inputs whose change makes the provider power the server off (facts 3.1). */
const POWERED_OFF_BY = ["serverType", "publicNets"];

/** Whether Hetzner's provider powers the server off for this change. */
export function turnsPowerOff(before: ServerInputs = {}, after: ServerInputs = {}): boolean {
  return POWERED_OFF_BY.some((input) => JSON.stringify(before[input]) !== JSON.stringify(after[input]));
}

/**
 * Why a change that powers the server off cannot be carried out, so that it is refused while the machine serves.
 *
 * @param id Hetzner's, of the server
 * @returns in words; undefined when nothing speaks against it
 */
export async function whyNotChange(cloud: CloudAccess, id: string, before: ServerInputs, after: ServerInputs): Promise<string | undefined> {
  if (!turnsPowerOff(before, after)) return undefined;
  const found = await callCloud(cloud, "GET", `/servers/${id}`);
  if (found === undefined) return "its server does not exist any more; run `pulumi up --refresh`, which makes a new one";
  const { server } = serverAnswer.parse(found);
  return whyNoWayThere(before, after) ?? (await whyNotType(cloud, server, before, after));
}

async function whyNotType(
  cloud: CloudAccess,
  server: z.infer<typeof serverAnswer>["server"],
  before: ServerInputs,
  after: ServerInputs,
): Promise<string | undefined> {
  const wanted = String(after["serverType"]);
  if (before["serverType"] === after["serverType"]) return undefined;
  if (server.server_type.name === wanted) {
    return (
      `its server is a ${wanted} already (an interrupted run or the console made it so), which Pulumi's state does not know; ` +
      "run `pulumi up --refresh`, which takes note of it"
    );
  }
  const answer = await callCloud(cloud, "GET", `/server_types?name=${encodeURIComponent(wanted)}`);
  const [type] = typesAnswer.parse(answer).server_types;
  if (!type) return `Hetzner knows no server type ${wanted}`;
  if (type.disk < server.primary_disk_size) {
    return (
      `its root disk has ${server.primary_disk_size.toString()} GB, a ${wanted} has only ${type.disk.toString()} GB, and disks cannot shrink. ` +
      `Choose a type with ${server.primary_disk_size.toString()} GB or more; or raise the machine's \`recreate\` together with the type: ` +
      "a new server takes the volumes over, and what is on the root disk alone is lost"
    );
  }
  const there = type.locations.find(({ name }) => name === server.location.name);
  if (there?.available === false)
    return `${wanted} is not available in ${server.location.name} right now; try again later, or another type`;
  return undefined;
}

const publicNets = z.array(z.object({ ipv4Enabled: z.boolean().default(true), ipv6Enabled: z.boolean().default(true) })).default([]);

/**
 * The system learns of a new address over the old one: were there none that stays, it could not be reached any more. And Hetzner's provider
 * gives no address to a server that is to have both, which is what leaving `publicNets` out says: it powers the server off and on again, and
 * that is all (seen). Writing both out would do, but a server that was made without would be powered off once for nothing.
 */
function whyNoWayThere(before: ServerInputs, after: ServerInputs): string | undefined {
  const [was, is] = [addressesOf(before), addressesOf(after)];
  const stays = was.some((family) => is.includes(family));
  if (stays && !is.some((family) => !was.includes(family))) return undefined;
  const what = `it has ${was.join(" and ")} and is to have ${is.join(" and ")}, which cannot be done on the server that is there`;
  return `${what}. Raise the machine's \`recreate\` with it: a new server has these addresses from the start`;
}

/** The public addresses that a server is to have. */
export function addressesOf(inputs: ServerInputs): ("ipv4" | "ipv6")[] {
  const parsed = publicNets.safeParse(inputs["publicNets"]);
  const net = (parsed.success ? parsed.data[0] : undefined) ?? { ipv4Enabled: true, ipv6Enabled: true };
  return [...(net.ipv4Enabled ? (["ipv4"] as const) : []), ...(net.ipv6Enabled ? (["ipv6"] as const) : [])];
}
