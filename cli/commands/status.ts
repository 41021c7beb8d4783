// `vps status [MACHINE]`: how the machines are at the moment.
import type { Command } from "commander";
import { join } from "node:path";
import { flakeHash, systemHash } from "../../steps/system/flakeFolder";
import { lookAtMachine, type MachineStatus } from "../../steps/system/status";
import type { Unreached } from "../../steps/ssh/remote";
import { parseRolledBack } from "../rolledBack";
import type { Registration } from "../registration";
import { serverStatus } from "../serverStatus";
import { type MachineRecord, openStack, type Stack } from "../stack";
import { workOn } from "../workOn";

interface Status {
  machine: string;
  server: { id: number; name: string; status: string };
  address: string;
  /** What the state says the machine was brought to last, against nix/ and the facts recorded last. */
  program: "as recorded" | "has changed";
  state: "switched" | "rolled back";
  volumes: { name: string; id: number; mountPoint: string }[];
  inside: MachineStatus | null;
  /** Why there is no view from inside. */
  unreached: Unreached | null;
}

export const status: Registration = (vps) => {
  vps
    .command("status [machine]")
    .description("say how a machine is, or all of them: server, generation, volumes, free space")
    .option("--json", "as one JSON document")
    .action(async (name: string | undefined, options: { json?: true }, command: Command) => {
      const stack = await openStack(command);
      const asked = name === undefined ? stack.machines : [stack.machine(name)];
      const all = await Promise.all(asked.map((machine) => statusOf(stack, machine)));
      if (options.json) console.log(JSON.stringify({ machines: all }));
      else console.log(all.length === 0 ? "This stack has no machine at the moment." : all.map(inWords).join("\n\n"));
      if (all.some((one) => one.inside === null)) process.exitCode = 1;
    });
};

async function statusOf(stack: Stack, machine: MachineRecord): Promise<Status> {
  const { server, address, facts, flake } = machine.document;
  const [seen, inside] = await Promise.all([
    serverStatus(machine),
    workOn(machine, { name: "status", project: stack.folder, alone: false }, (context) => lookAtMachine(machine.document, context)),
  ]);
  const recorded = parseRolledBack(machine.version);
  const now = systemHash(flakeHash(join(stack.folder, flake)), facts);
  return {
    machine: machine.name,
    server: { ...server, status: seen },
    address,
    program: now === (recorded?.former ?? machine.version) ? "as recorded" : "has changed",
    state: recorded ? "rolled back" : "switched",
    volumes: machine.volumes.map(({ name, id, mountPoint }) => ({ name, id, mountPoint })),
    inside: typeof inside === "string" ? null : inside,
    unreached: typeof inside === "string" ? inside : null,
  };
}

function inWords({ machine, server, address, program, volumes, inside, unreached }: Status): string {
  const lines = [`${machine}: server ${server.name} (${server.id}), ${server.status} at Hetzner, ${address}`];
  if (inside === null) lines.push(`  does not answer over ssh: ${unreached ?? ""}`);
  else {
    const since = inside.rolledBack ? `, rolled back ${inside.rolledBack.when}` : "";
    lines.push(`  runs ${inside.runs} (generation ${inside.generation} boots${since}); ${inside.state}`);
    if (inside.failedUnits.length > 0) lines.push(`  failed: ${inside.failedUnits.join(", ")}`);
    for (const { mountPoint, size, free } of inside.disks) {
      const volume = volumes.find((one) => one.mountPoint === mountPoint);
      lines.push(`  ${mountPoint}: ${gigabytes(free)} of ${gigabytes(size)} free${volume ? ` (volume ${volume.id})` : ""}`);
    }
    for (const target of inside.missing) lines.push(`  ${target}: NOTHING IS MOUNTED THERE`);
  }
  if (program === "has changed") lines.push(`  nix/ has changed since: \`vps switch ${machine} --dry\` says what that would change`);
  return lines.join("\n");
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
