// Whether the machine that answers is what was meant to run: host name, active system, mounts, units.
import type { StepContext } from "../context";
import { type Facts, fileSystemDevice, STORE_FOLDER } from "../facts";
import type { Connection } from "../ssh/connections";
import { runScript, type ScriptResults } from "../ssh/remote";
import { StepError } from "../stepError";
import { poll } from "../waiting";

const MINUTE = 60_000;

/** What systemd says of itself until the boot is over. */
const BOOTING = new Set(["initializing", "starting"]);

export interface Verified {
  /** Store path of the active system, which is also the one that boots. */
  system: string;
  generation: number;
  /** Whether it runs what is asked for and its own health checks pass; otherwise a switch is to come. */
  confirmed: boolean;
  /** UUID of the file system on each mounted volume that holds something, by device. */
  fileSystems: Map<string, string>;
}

/** How long the machine's own health checks may fail after the boot, in milliseconds: services take their time to come up. */
const HEALTH_LIMIT_MS = MINUTE;

/**
 * Waits until the boot is over and looks.
 *
 * Units that failed are reported and do not fail the verification: a service of the owner's that does not start is no reason to hold
 * the machine back. What the owner made a health check is one: until all of them pass, the former server is not given up.
 *
 * @param reason `systemHash` of what is asked for; a machine that runs something else is about to be switched, which looks at its health
 * @throws StepError when it is not the machine, not the system, not well, or a volume is not where the system has it
 */
export async function verifySystem(
  context: StepContext,
  connection: Connection,
  facts: Facts,
  trouble: { state: string; next: string },
  reason: string,
): Promise<Verified> {
  context.progress.phase("verifying");
  const told = await settled(context, connection, facts, trouble);
  const confirmed = told.get("flake") === reason;
  const wrong = [
    ...(told.get("host") === facts.machine ? [] : [`its host name is "${told.get("host")}", not "${facts.machine}"`]),
    ...(told.get("system") === told.get("default")
      ? []
      : [`it runs ${told.get("system")}, but ${told.get("default")} is what it should boot`]),
    ...told.all("mount"),
    // Volumes may have been added or moved since the system was installed: then a switch is to come, which mounts them.
    ...(confirmed ? told.all("later") : []),
  ];
  if (wrong.length > 0) {
    throw new StepError({ what: `NixOS runs at ${connection.target.address}, but not as it should: ${wrong.join("; ")}.`, ...trouble });
  }
  for (const unit of told.all("failed")) context.progress.warn(`the unit ${unit} failed: systemctl status ${unit} on the machine says why`);
  if (confirmed) await awaitHealth(context, connection, trouble);
  else {
    for (const volume of told.all("later")) context.progress.say(`${volume}; the switch that follows brings it`);
    context.progress.say("its health is not looked at here: it runs what was asked for earlier, and is switched to what is asked for now");
  }
  return { system: told.get("system"), generation: Number(told.get("generation")), confirmed, fileSystems: fileSystems(told) };
}

/** What a script tells of the file systems on volumes: UUIDs by device. */
export function fileSystems(told: ScriptResults): Map<string, string> {
  const pairs = told.all("fileSystem").map((line) => line.split(" "));
  return new Map(pairs.flatMap(([device, uuid]) => (device && uuid ? [[device, uuid]] : [])));
}

/** The same by the volume's name. */
export function fileSystemsByName({ storage }: Pick<Facts, "storage">, seen: ReadonlyMap<string, string>): Record<string, string> {
  const known = storage.volumes.map((volume) => [volume.name, seen.get(fileSystemDevice(volume))] as const);
  return Object.fromEntries(known.flatMap(([name, uuid]) => (uuid === undefined ? [] : [[name, uuid]])));
}

/** The machine's own checks (`vps.health`), until they pass. */
async function awaitHealth(context: StepContext, connection: Connection, trouble: { state: string; next: string }): Promise<void> {
  let sick: string[] = [];
  const well = await poll(HEALTH_LIMIT_MS, async () => {
    const told = await runScript(context, connection, { script: "ownChecks", limitMs: 10 * MINUTE, ...trouble });
    sick = told.all("sick");
    return sick.length === 0 ? true : undefined;
  });
  if (well) return;
  throw new StepError({
    what: `NixOS runs at ${connection.target.address}, but is not well: ${sick.join("; ")}.`,
    state:
      "The machine runs on its new server with all its volumes. Its former server, if there was one, is off and is kept until this one is well.",
    next: "Run `vps-health` on the machine. Mend what it says, there or in the configuration, then run `pulumi up` again.",
  });
}

/** What should be mounted, and from which device. */
export function expectedMounts(facts: Facts): { mountPoint: string; device: string }[] {
  return facts.storage.volumes.flatMap((volume) => {
    const { mountPoint, store } = volume;
    const device = fileSystemDevice(volume);
    return [{ mountPoint, device }, ...(store && mountPoint !== "/nix" ? [{ mountPoint: "/nix", device }] : [])];
  });
}

/** Folder of a volume that becomes `/nix`, as the scripts want it. */
export function storeFolder({ store, mountPoint }: Facts["storage"]["volumes"][number]): string {
  if (!store) return "";
  return mountPoint === "/nix" ? "." : STORE_FOLDER;
}

async function settled(
  context: StepContext,
  connection: Connection,
  facts: Facts,
  trouble: { state: string; next: string },
): Promise<ScriptResults> {
  const args = [facts.machine, ...expectedMounts(facts).flatMap(({ mountPoint, device }) => [mountPoint, device])];
  const call = { script: "verify", args, limitMs: MINUTE, ...trouble };
  let told = await runScript(context, connection, call);
  const over = await poll(5 * MINUTE, async () => {
    if (!BOOTING.has(told.get("running"))) return told;
    told = await runScript(context, connection, call);
    return undefined;
  });
  if (!over) context.progress.warn("the boot has not finished in time (systemctl list-jobs on the machine says what it waits for)");
  return told;
}
