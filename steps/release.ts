// release: sees that nothing uses a volume any more, so that it can leave the server. It ends well only when that is certain.
// It runs with the inputs recorded last: the server may be gone, the token revoked, the machine dead.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { HetznerApi, HetznerError } from "./hetzner";
import { endUseByPower } from "./releaseByPower";
import { openConnections } from "./ssh/connections";
import { type Contact, lookForMachine } from "./ssh/contact";
import { runScript } from "./ssh/remote";
import { StepError } from "./stepError";
import type { Connections } from "./ssh/connections";

const MINUTE = 60_000;
const NEXT = "Run the same command again. If the server cannot be reached at all, power it off in the Hetzner console first.";

/** @throws StepError when it cannot be made certain that nothing uses the volume */
export async function release(input: StepInput<"release">, context: StepContext): Promise<StepOutput<"release">> {
  const { volume } = input;
  const { progress } = context;
  const done = (how: StepOutput<"release">["how"]): StepOutput<"release"> => ({ volume: volume.id, how });
  const api = HetznerApi.forStep(input.api);

  progress.phase(`releasing the volume ${volume.name}`);
  const known = await lookAtCloud(api, input, context);
  if (known === "gone") return done("gone");
  if (known === "not here" || known === "off") return done("unused");

  const connections = await openConnections(input, context);
  const contact = await reach(context, connections, known);
  if (contact === undefined) return done(await endUseByPower({ input, context, api: known === "unknown" ? undefined : api }));

  const told = await runScript(context, contact.connection, {
    script: "releaseVolume",
    args: [volume.device, volume.mountPoint],
    limitMs: 10 * MINUTE,
    relay: "machine",
    state: `The volume ${volume.name} may still be in use on ${input.server.name}; it was not detached.`,
    next: NEXT,
  });
  const [use = "", ...why] = told.get("use").split(" ");
  if (use === "none") return done("unused");
  if (use === "ended") return done("unmounted");
  progress.say(`the machine has to be shut down: ${why.join(" ")}`);
  return done(await endUseByPower({ input, context, api: known === "unknown" ? undefined : api, contact }));
}

type Known = "gone" | "not here" | "off" | "running" | "unknown";

/** What the API says. When it says nothing, the machine itself is asked. */
async function lookAtCloud(api: HetznerApi, { server, volume }: StepInput<"release">, { progress }: StepContext): Promise<Known> {
  try {
    const [now, disk] = [await api.server(server.id), await api.volume(volume.id)];
    if (!now || !disk) return "gone";
    if (disk.server !== server.id) return "not here";
    return now.status === "off" ? "off" : "running";
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    progress.warn(
      `${error.message}. Going on with ssh alone${error.unauthorized ? " (the token was revoked? HCLOUD_TOKEN in the environment comes first)" : ""}`,
    );
    return "unknown";
  }
}

/** Some tries, because a connection may fail once; not many, because the machine may be dead and its volume is wanted. */
async function reach(context: StepContext, connections: Connections, known: Known): Promise<Contact | undefined> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const answer = await lookForMachine(context, connections, "final");
    if (answer === "wrong host key") {
      throw new StepError({
        what: `Whoever answers at ${connections.final.target.address} shows neither of the machine's host keys, so it was not told to release anything.`,
        state: `Nothing was changed. Whether the volume is in use is not known${known === "unknown" ? ", and the API could not be asked either" : ""}.`,
        next: "See in the Hetzner console what that server is. If it is the machine's, and its key was changed by hand, power it off there and run the same command again.",
      });
    }
    if (answer) return answer;
    context.progress.say(`no answer over ssh (try ${attempt} of 3)`);
  }
  return undefined;
}
