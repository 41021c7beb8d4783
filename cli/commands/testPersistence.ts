// `vps test-persistence MACHINE`: would its data outlive its server?
import type { Command } from "commander";
import { type PersistenceReport, testPersistence } from "../../steps/system/persistence";
import type { Registration } from "../registration";
import { openStack } from "../stack";
import { workOn } from "../workOn";

export const persistence: Registration = (vps) => {
  vps
    .command("test-persistence <machine>")
    .description("show on the living machine that its data would outlive the server; nothing stays changed")
    .option("--json", "as one JSON document")
    .action(async (name: string, options: { json?: true }, command: Command) => {
      const stack = await openStack(command);
      const machine = stack.machine(name);
      const report = await workOn(machine, { name: "persistence test", project: stack.folder }, (context) =>
        testPersistence(machine.document, context),
      );
      console.log(options.json ? JSON.stringify({ machine: name, ...report }) : inWords(name, report));
      if (!report.ok) process.exitCode = 1;
    });
};

function inWords(machine: string, { ok, checks, rollback }: PersistenceReport): string {
  return [
    ...checks.map((check) => `${check.ok ? "ok  " : "FAIL"}  ${check.what}`),
    ...("skipped" in rollback ? [`skip  no rollback was tried: ${rollback.skipped}`] : []),
    ok ? `${machine} would come back with its data.` : `${machine} would not come back as it is: see FAIL above.`,
  ].join("\n");
}
