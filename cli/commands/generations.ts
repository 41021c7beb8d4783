// `vps generations MACHINE`: what one could go back to.
import type { Command } from "commander";
import { listGenerations } from "../../steps/system/generations";
import type { Registration } from "../registration";
import { openStack } from "../stack";
import { table } from "../table";
import { workOn } from "../workOn";

export const generations: Registration = (vps) => {
  vps
    .command("generations <machine>")
    .description("list the generations of a machine's system")
    .option("--json", "as one JSON document")
    .action(async (name: string, options: { json?: true }, command: Command) => {
      const stack = await openStack(command);
      const machine = stack.machine(name);
      const { all } = await workOn(machine, { name: "generations", project: stack.folder }, (context) =>
        listGenerations(machine.document, context),
      );
      if (options.json) console.log(JSON.stringify({ machine: name, generations: all }));
      else {
        console.log(
          table(
            ["generation", "made", "NixOS", "", "system"],
            all.map(({ number, made, version, notes, system }) => [String(number), made, version, notes.join(", "), system]),
          ),
        );
      }
    });
};
