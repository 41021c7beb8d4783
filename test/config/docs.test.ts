// The reference, the example stacks and the schema say the same.
import * as fs from "node:fs";
import * as path from "node:path";
import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import { keyPlaces } from "../../config/reading/keyPlaces";
import { bare, expectedOf } from "../../config/reading/words";
import { report } from "../../config/report";
import { adminSchema, machineSchema, stackSchema, volumeSchema } from "../../config/schema";
import { KEY, problemsOf } from "./support";

const ROOT = path.join(__dirname, "..", "..");
const text = (file: string) => fs.readFileSync(path.join(ROOT, file), "utf8");
const page = text("docs/configuration.md");

/** The rows of the reference: where a key belongs, and the cells beside it. */
const rows = page.split(/^### /m).flatMap((section) => {
  const [heading = "", ...lines] = section.split("\n");
  const place = heading === "The stack" ? "" : /^`(.+)`$/.exec(heading)?.[1];
  if (place === undefined) return [];
  return lines.flatMap((line) => {
    const match = /^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/.exec(line);
    const [, key = "", allowed = "", byDefault = ""] = match ?? [];
    return match ? [{ path: place, key, allowed, byDefault }] : [];
  });
});

const blocks = (kind: string) => [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);

/** The configuration in a file, as Pulumi hands it over. */
function configIn(yaml: string): Record<string, unknown> {
  const { config } = parseYaml(yaml) as { config: Record<string, unknown> };
  const own = Object.entries(config).filter(([key]) => key.startsWith("nixos-vps:"));
  return Object.fromEntries(own.map(([key, value]) => [key.slice("nixos-vps:".length), value]));
}

/** Examples show no whole key; a reader puts one in. */
const withKeys = (yaml: string) => yaml.replace(/ssh-ed25519 AAAA\.\.\. \S+?@\w+/g, KEY);

test("the reference has every key of the schema at its place, and no other", () => {
  const name = ({ path: place, key }: { path: string; key: string }) => `${place}: ${key}`;

  expect(rows.map(name).sort()).toEqual(keyPlaces(stackSchema).map(name).sort());
});

test.each<[string, z.ZodObject]>([
  ["", stackSchema],
  ["admin", adminSchema],
  ["machines.<name>", machineSchema],
  ["machines.<name>.admin", adminSchema],
  ["machines.<name>.volumes.<name>", volumeSchema],
  ["machines.<name>.ssh", bare(machineSchema.shape.ssh) as z.ZodObject],
  ["machines.<name>.rootDisk", bare(machineSchema.shape.rootDisk) as z.ZodObject],
])("the reference tells the limits and the defaults of %j", (place, schema) => {
  for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
    const row = rows.find((candidate) => candidate.path === place && candidate.key === key);
    for (const limit of expectedOf(field)
      .replace(/e\.g\. .*/, "")
      .match(/\b\d{2,}\b/g) ?? []) {
      expect(`${key}: ${row?.allowed} ${row?.byDefault}`).toContain(limit);
    }
    const byDefault = field.safeParse(undefined);
    if (!byDefault.success) expect(row?.byDefault).toBe("required");
    else if (byDefault.data !== undefined) expect(parseYaml(row?.byDefault.replaceAll("`", "") ?? "")).toEqual(byDefault.data);
  }
});

test.each(blocks("yaml").map((yaml, index) => [index + 1, yaml] as const))("example %d of the reference is right", (_, yaml) => {
  expect(problemsOf(configIn(withKeys(yaml)))).toEqual([]);
});

test("the report in the reference is the one that is printed", () => {
  const [wrong = ""] = blocks("yaml wrong");

  expect(blocks("text report")).toEqual([`${report(problemsOf(configIn(wrong)), "dev")}\n`]);
});

test.each(["Pulumi.dev.yaml", "Pulumi.local.yaml"])("%s is right once the keys are put in", (file) => {
  const hosts = fs.readdirSync(path.join(ROOT, "nix", "hosts")).map((entry) => (entry.endsWith(".nix") ? entry : `${entry}/`));

  expect(problemsOf(configIn(withKeys(text(file))), { hosts })).toEqual([]);
});

test("what is commented out in Pulumi.dev.yaml is right too", () => {
  const yaml = text("Pulumi.dev.yaml").replace(/^( +(?:- )?)# ((?:- )?[\w{].*[:}].*)$/gm, (line, indent: string, code: string) =>
    /^(- )?(\{|(data|strategy|ssh|rootDisk|labels):)/.test(code) ? indent + code : line,
  );
  const { machines } = configIn(withKeys(yaml)) as { machines: { devserver: object } };

  expect(Object.keys(machines.devserver)).toEqual(expect.arrayContaining(["strategy", "ssh", "rootDisk", "labels"]));
  expect(problemsOf(configIn(withKeys(yaml)))).toEqual([]);
});

test("the example key of Pulumi.dev.yaml is refused until it is replaced", () => {
  expect(problemsOf(configIn(text("Pulumi.dev.yaml")))).toEqual([
    { path: "nixos-vps:admin.sshKeys[0]", message: expect.stringMatching(/only an example/) as string },
  ]);
});
