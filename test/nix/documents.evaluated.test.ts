// docs/modules.md and docs/hosts.md are made from the modules, and this holds them to it. `UPDATE_DOCUMENTS=1 npx jest test/nix/documents` writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEvaluated, evaluate, nixFolder } from "./support/evaluation";

jest.setTimeout(600_000);

interface Option {
  readonly name: string;
  readonly type: string;
  readonly default: string | null;
  readonly example: string | null;
  readonly description: string;
  readonly declared: readonly string[];
}

interface Host {
  readonly host: string;
  readonly system: string;
  readonly fileSystems: Readonly<Record<string, string>>;
  readonly ssh: readonly number[];
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  readonly users: Readonly<Record<string, number>>;
  readonly units: readonly string[];
  readonly health: readonly string[];
}

interface Documents {
  readonly options: readonly Option[];
  readonly modules: readonly string[];
  readonly hosts: Readonly<Record<string, Host>>;
}

const notice = "<!-- Made from the modules by test/nix/documents.evaluated.test.ts; change those. -->\n";
const code = (text: string): string => `\`${text}\``;

/** Two columns, padded as prettier pads them. */
function table(values: Readonly<Record<string, string>>): string {
  const rows: [string, string][] = [["what", "evaluated"], ...Object.entries(values)];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const line = ([left, right]: [string, string], fill = " "): string =>
    `| ${left.padEnd(width(0), fill)} | ${right.padEnd(width(1), fill)} |`;
  const [head, ...body] = rows;
  return [line(head ?? ["", ""]), line(["", ""], "-"), ...body.map((row) => line(row))].join("\n");
}

function optionsDocument({ options }: Documents): string {
  const files = [...new Set(options.map((option) => option.declared[0] ?? ""))].sort();
  const section = (file: string): string => {
    const purpose = file.endsWith(".nix") && !file.startsWith("/") ? `modules/${file}` : "facts/module.nix";
    const entries = options
      .filter((option) => (option.declared[0] ?? "") === file)
      .map((option) => {
        const facts = [`Type: ${code(option.type)}`];
        if (option.default !== null) facts.push(`Default: ${option.default.replace(/ {2,}/g, " ")}`);
        if (option.example !== null) facts.push(`Example: ${option.example.replace(/ {2,}/g, " ")}`);
        return [`### ${code(option.name)}`, option.description.trim(), facts.join(" · ")].join("\n\n");
      });
    return [`## ${purpose}`, ...entries].join("\n\n");
  };
  return `${notice}\n# Options\n\nEvery option of the modules, by the file that declares it. What each module is for is in [nix/README.md](../nix/README.md).\n\n${files.map(section).join("\n\n")}\n`;
}

function hostsDocument({ hosts }: Documents): string {
  const section = ([name, host]: [string, Host]): string =>
    [
      `## ${name}`,
      "",
      table({
        host: `${host.host}, ${host.system}`,
        ...Object.fromEntries(Object.entries(host.fileSystems).map(([mountPoint, what]) => [code(mountPoint), what])),
        ssh: host.ssh.join(", "),
        "open TCP ports": host.tcp.join(", "),
        "open UDP ports": host.udp.join(", ") || "none",
        users: Object.entries(host.users)
          .map(([user, uid]) => `${user} (${uid})`)
          .join(", "),
        "units of ours": host.units.join(", ") || "none",
        "health checks": host.health.join(", "),
      }),
    ].join("\n");
  return `${notice}\n# What the examples come to\n\nOne table for each file of [nix/facts/examples](../nix/facts/examples), as the evaluated system has it.\n\n${Object.entries(hosts).map(section).join("\n\n")}\n`;
}

describeEvaluated("the generated documents", () => {
  let documents: Documents;
  beforeAll(() => {
    documents = evaluate('import (here + "/documents.nix") { inherit flake lib; }') as Documents;
  });

  test.each([
    ["modules.md", optionsDocument],
    ["hosts.md", hostsDocument],
  ])("%s says what the modules say", (name, make) => {
    const file = join(nixFolder, "..", "docs", name);
    if (process.env["UPDATE_DOCUMENTS"]) writeFileSync(file, make(documents));
    expect(readFileSync(file, "utf8")).toBe(make(documents));
  });

  test("every option says what it is for, in a sentence", () => {
    const silent = documents.options.filter((option) => !/[.!?]$/.test(option.description.trim())).map((option) => option.name);
    expect(silent).toEqual([]);
  });

  test("the README lists every module", () => {
    const readme = readFileSync(join(nixFolder, "README.md"), "utf8");
    expect(documents.modules.filter((module) => !new RegExp(`^\\| \`${module}\` +\\|`, "m").test(readme))).toEqual([]);
  });
});
