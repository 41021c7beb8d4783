// `npm run toolchain`: gets the toolchain, and says what it is and where.
import { resolve } from "node:path";
import { Command } from "commander";
import { ensureToolchain, ToolchainError, type Toolchain } from "./index";
import { wantedVersions } from "./versions";

interface Flags {
  pluginDir?: string;
  refresh?: true;
  json?: true;
  env?: true;
}

const command = new Command("toolchain")
  .description("Makes the Pulumi CLI, its Node.js language host and the plugins hcloud, command and random available.")
  .option("--plugin-dir <folder>", "take ready plugins from this folder")
  .option("--refresh", "look again for official plugins where stand-ins are in use")
  .option("--json", "print the result as JSON")
  .option("--env", 'print the result as lines for a shell: eval "$(npm run -s toolchain -- --env)"')
  .action(async (flags: Flags) => {
    const pluginDir = flags.pluginDir === undefined ? undefined : resolve(process.env.INIT_CWD ?? "", flags.pluginDir);
    const toolchain = await ensureToolchain({ pluginDir, refresh: flags.refresh });
    console.log(flags.json ? JSON.stringify(toolchain, undefined, 2) : flags.env ? shellLines(toolchain) : summary(toolchain));
  });

function summary(toolchain: Toolchain): string {
  const { pulumi, plugins } = wantedVersions();
  const rows = [
    ["Node.js", "", toolchain.node],
    ["Pulumi CLI", pulumi, toolchain.origin.cli],
    ...Object.entries(toolchain.origin.plugins).map(([name, origin]) => [`plugin ${name}`, plugins[name as keyof typeof plugins], origin]),
    ["PULUMI_HOME", "", toolchain.pulumiHome],
  ];
  return [
    ...rows.map(([what = "", version = "", where = ""]) => `${what.padEnd(15)} ${version.padEnd(8)} ${where}`),
    'To use it in this shell: eval "$(npm run -s toolchain -- --env)"',
  ].join("\n");
}

function shellLines(toolchain: Toolchain): string {
  // PATH is put in front of what the shell has, so that the line may be kept in a file.
  const others = Object.entries(toolchain.env).filter(([name]) => name !== "PATH");
  const lines = others.map(([name, value]) => `export ${name}=${quote(value)}`);
  return [`export PATH=${toolchain.path.map(quote).join(":")}:"$PATH"`, ...lines].join("\n");
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

command.parseAsync().catch((problem: unknown) => {
  console.error(problem instanceof ToolchainError ? problem.message : problem);
  process.exitCode = 1;
});
