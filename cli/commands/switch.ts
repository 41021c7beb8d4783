// `vps switch MACHINE --dry`: what the next switch would change.
import type { Command } from "commander";
import { dryRun, type DryRun, type PackageChange } from "../../steps/system/dryRun";
import type { Registration } from "../registration";
import { openStack } from "../stack";
import { WrongUsage } from "../trouble";
import { workOn } from "../workOn";

interface Options {
  dry?: true;
  json?: true;
}

/** A switch that is under way is waited for this long, in milliseconds: looking is in no hurry. */
const PATIENCE_MS = 10 * 60_000;

export const switchDry: Registration = (vps) => {
  vps
    .command("switch <machine>")
    .description("with --dry: build the system of nix/ on the machine, and say what switching to it would change")
    .option("--dry", "change nothing")
    .option("--json", "as one JSON document")
    .action(async (name: string, options: Options, command: Command) => {
      if (!options.dry) {
        throw new WrongUsage({
          what: "`vps switch` only looks.",
          next: `\`vps switch ${name} --dry\` says what would change, \`pulumi up\` changes it.`,
        });
      }
      const stack = await openStack(command);
      const machine = stack.machine(name);
      const found = await workOn(machine, { name: "dry run", project: stack.folder, limitMs: PATIENCE_MS }, (context) =>
        dryRun(machine.document, context),
      );
      console.log(options.json ? JSON.stringify({ machine: name, ...found }) : inWords(name, found));
    });
};

function inWords(machine: string, found: DryRun): string {
  if (!found.changes) return `${machine} runs this system already: nothing would change.`;
  const { stop, restart, reload, start, leave } = found.units;
  const packages = found.packages.map(packageLine);
  return [
    `${machine} would go from ${found.active}\n${" ".repeat(machine.length)}            to ${found.system}`,
    list("Packages", [...packages, ...(found.rebuilt > 0 ? [`${found.rebuilt} of the same name, made anew`] : [])]),
    list("Units that would stop", stop),
    list("Units that would restart", restart),
    list("Units that would reload", reload),
    list("Units that would start", start),
    list("Changed units that stay as they are until a restart", leave),
    found.storeMoves === null
      ? found.restart.length === 0
        ? "No restart of the machine."
        : list("The machine would be restarted, for", found.restart)
      : `A switch would be refused: the store would be elsewhere (${found.storeMoves}), which takes a recreate.`,
  ]
    .filter(Boolean)
    .join("\n");
}

function packageLine({ name, from, to }: PackageChange): string {
  if (from.length === 0) return `+ ${name} ${to.join(", ")}`;
  if (to.length === 0) return `- ${name} ${from.join(", ")}`;
  return `  ${name} ${from.join(", ")} -> ${to.join(", ")}`;
}

function list(title: string, lines: string[]): string {
  return lines.length === 0 ? "" : [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
