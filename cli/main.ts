// `vps`: what a person does between two `pulumi up`s. Every command is a file under commands/ that exports a function of the type
// `Registration` (see registration.ts), and is named in COMMANDS below; a group of commands (`vps volume …`) is a folder with an index.ts.
//
// Exit codes: 0 done; 1 failed or refused, with what is wrong, what state things are in and what to do next; 2 wrong usage;
// 3 somebody else works on the machine or the stack; 128 + n ended by signal n. What a command answers is on stdout, everything else on
// stderr.
import { Command, CommanderError } from "commander";
import { generations } from "./commands/generations";
import { rollback } from "./commands/rollback";
import { ssh } from "./commands/ssh";
import { status } from "./commands/status";
import { switchDry } from "./commands/switch";
import { persistence } from "./commands/testPersistence";
import { volume } from "./commands/volume";
import type { Registration } from "./registration";
import { exitCodeOf, wordsOf } from "./trouble";

const COMMANDS: Registration[] = [status, ssh, switchDry, generations, rollback, persistence, volume];

function vps(): Command {
  const program = new Command("vps")
    .description("Look after NixOS machines between two `pulumi up`s.")
    .option("-s, --stack <name>", "the Pulumi stack; by default the one that is selected")
    .option("-C, --cwd <folder>", "the project's folder; by default the nearest one with a Pulumi.yaml")
    .showSuggestionAfterError()
    .showHelpAfterError("(see vps --help)")
    .exitOverride();
  for (const register of COMMANDS) register(program);
  program.commands.forEach(quitByException);
  return program;
}

/** Subcommands inherit the way to end only if they are made after it was set, and help must not end the process half-printed. */
function quitByException(command: Command): void {
  command.exitOverride();
  command.commands.forEach(quitByException);
}

async function main(argv: string[]): Promise<number> {
  try {
    await vps().parseAsync(argv);
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(wordsOf(error));
    return exitCodeOf(error);
  }
}

process.umask(0o077);
// Each machine that is looked at listens for the signals that end the program.
process.setMaxListeners(0);
void main(process.argv).then((code) => {
  process.exitCode = code;
  // The answer may still be on its way down the pipe, and an interrupted command may still have timers.
  process.stdout.write("", () => process.exit());
});
