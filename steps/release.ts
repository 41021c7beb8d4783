// release: sees that nothing uses a volume any more, so that it can leave the server. It ends well only when that is certain.
// It runs with the inputs recorded last: the server may be gone, the token revoked, the machine dead.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { HetznerError } from "./hetzner";
import { powerDown } from "./powerDown";
import { askCloud, type Cloud, reachMachine } from "./reachServer";
import { runScript } from "./ssh/remote";

const MINUTE = 60_000;

/** @throws StepError when it cannot be made certain that nothing uses the volume */
export async function release(input: StepInput<"release">, context: StepContext): Promise<StepOutput<"release">> {
  const { volume } = input;
  const { progress } = context;
  const done = (how: StepOutput<"release">["how"]): StepOutput<"release"> => ({ volume: volume.id, how });

  progress.phase(`releasing the volume ${volume.name}`);
  const cloud = await askCloud(input, context);
  const settled = cloud && (await settledAlready(cloud, input));
  if (settled) return done(settled);

  const contact = await reachMachine(input, context);
  const end = { input, context, api: cloud?.api, contact, atStake: `the volume ${volume.name} (${volume.mountPoint})` };
  if (!contact) return done(await powerDown(end));

  const told = await runScript(context, contact.connection, {
    script: "releaseVolume",
    args: [volume.device, volume.mountPoint],
    limitMs: 10 * MINUTE,
    relay: "machine",
    state: `The volume ${volume.name} may still be in use on ${input.server.name}; it was not detached.`,
    next: "Run the same command again. If the server cannot be reached at all, power it off in the Hetzner console first.",
  });
  const [use = "", ...why] = told.get("use").split(" ");
  if (use === "none") return done("unused");
  if (use === "ended") return done("unmounted");
  progress.say(`the machine has to be shut down: ${why.join(" ")}`);
  return done(await powerDown(end));
}

/** @returns undefined when the volume is on this server and the server runs, or when the API has ceased to answer */
async function settledAlready(cloud: Cloud, { server, volume }: StepInput<"release">): Promise<"gone" | "unused" | undefined> {
  if (!cloud.server) return "gone";
  try {
    const disk = await cloud.api.volume(volume.id);
    if (!disk) return "gone";
    return disk.server !== server.id || cloud.server.status === "off" ? "unused" : undefined;
  } catch (error) {
    if (error instanceof HetznerError) return undefined;
    throw error;
  }
}
