// The server that still serves while its successor is staged: found through the volume that carries the store, and trusted only when it is
// ours by its labels and shows the machine's host key.
import { mkdir } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import type { VolumeFacts } from "../facts";
import { HetznerApi, HetznerError, type HetznerServer } from "../cloud/hetzner";
import { machineLabels } from "../labels";
import { openConnections } from "../ssh/connections";
import { type Contact, lookForMachine } from "../ssh/contact";
import { poll } from "../waiting";

/** How long the former server may keep us waiting for an answer, in milliseconds. */
const ANSWER_LIMIT_MS = 10_000;

/** The former server, or in words why there is none that could be worked on; `here` where the volume is on the staged server itself. */
export type Former = { name: string; contact: Contact } | { why: string; here?: true };

/** Never throws for what may be so: without the former server everything goes on, only more slowly. */
export async function findFormer(input: StepInput<"stage">, volume: VolumeFacts, context: StepContext): Promise<Former> {
  let server: HetznerServer | undefined;
  try {
    const api = HetznerApi.forStep(input.api);
    const holder = (await api.volume(volume.id))?.server;
    if (typeof holder !== "number") return { why: `no server has the volume ${volume.name}` };
    if (holder === input.server.id) return { why: `the volume ${volume.name} is on the new server already`, here: true };
    server = await api.server(holder);
  } catch (error) {
    if (error instanceof HetznerError) return { why: error.message };
    throw error;
  }
  if (!server) return { why: `the server that had the volume ${volume.name} is gone` };
  const unfit = unfitness(server, input);
  return unfit === undefined ? contactTo(server, input, context) : { why: `${server.name}, which has the volume ${volume.name}, ${unfit}` };
}

/** What keeps a server from building the new system, completing "the server …". */
function unfitness(server: HetznerServer, { stack, machine, facts }: StepInput<"stage">): string | undefined {
  const isOurs = Object.entries(machineLabels(stack, machine)).every(([name, value]) => server.labels[name] === value);
  if (!isOurs) return `does not carry the labels of ${machine}`;
  if (server.status !== "running") return `is ${server.status}`;
  const wanted = facts.system === "aarch64-linux" ? "arm" : "x86";
  const architecture = server.server_type?.architecture;
  return architecture === undefined || architecture === wanted ? undefined : `is of another architecture (${architecture})`;
}

async function contactTo(server: HetznerServer, input: StepInput<"stage">, context: StepContext): Promise<Former> {
  const address = addressOf(server, input.address);
  if (address === undefined) return { why: `${server.name} has no public address` };
  // Names of files say which connection they belong to, not which server: so the former one has a folder of its own.
  const workspace = join(context.workspace, "former");
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  // The configuration may name another port than the one the former server was installed with: most often that is ssh's own.
  const connections = await openConnections({ ...input, address }, { ...context, workspace }, { formerPort: 22 });
  let last = "it does not answer";
  const contact = await poll(ANSWER_LIMIT_MS, async () => {
    const answer = await lookForMachine(context, connections, "final");
    if (typeof answer === "object") return answer;
    last = answer === "wrong host key" ? "it shows an unknown host key" : answer === "denied" ? "it refuses our key" : last;
    return answer === "wrong host key" ? null : undefined;
  });
  if (!contact) return { why: `${server.name} could not be asked over ssh: ${last}` };
  if (contact.stage !== "nixos") return { why: `${server.name} runs the ${contact.stage} and not its system` };
  return { name: server.name, contact };
}

/** By the same protocol as the new server, if it has it: the other one may lead nowhere from here. */
function addressOf({ public_net: net }: HetznerServer, like: string): string | undefined {
  const ipv4 = net.ipv4?.ip;
  const ipv6 = net.ipv6?.ip.replace(/::\/64$/, "::1");
  return isIPv6(like) ? (ipv6 ?? ipv4) : (ipv4 ?? ipv6);
}
