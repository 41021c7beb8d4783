// `vps rollback MACHINE [--to N]`
import { type Command, InvalidArgumentError } from "commander";
import type { Registration } from "../registration";
import { rollBackMachine, type RollbackReport } from "../rollBackMachine";
import { openStack } from "../stack";

interface Options {
  to?: number;
  reboot?: true;
  json?: true;
}

export const rollback: Registration = (vps) => {
  vps
    .command("rollback <machine>")
    .description("take a machine to an earlier generation of its system, now and for the next boot, within seconds")
    .option("--to <generation>", "its number (vps generations); by default the one before the one that runs", wholeNumber)
    .option("--reboot", "restart the machine, where the generation has another kernel or other mounts")
    .option("--json", "say what was done as one JSON document")
    .action(async (name: string, options: Options, command: Command) => {
      const stack = await openStack(command);
      // The time origin is when this program began, which is when the person pressed enter.
      const report = await rollBackMachine(stack, name, { to: options.to, reboot: options.reboot, since: 0 });
      console.log(options.json ? JSON.stringify(report) : inWords(report));
    });
};

function inWords({ machine, generation, seconds, changed, rebooted, behind, sick }: RollbackReport): string {
  const done = changed
    ? `${machine} runs generation ${generation}${rebooted ? " after a restart" : ` since ${seconds.toFixed(1)} s after the command`}, and boots it from now on.`
    : `${machine} runs generation ${generation} already; \`vps generations ${machine}\` lists those before it, \`--to\` goes there.`;
  const trouble = sick.map((words) => `Not well: ${words}`);
  const next = behind
    ? "The next `pulumi up` goes forward again, to what the program says; `pulumi preview` shows it."
    : "That is what `pulumi up` made last.";
  return [done, ...trouble, next].join("\n");
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("A generation is a whole number from 1 up.");
  return Number(text);
}
