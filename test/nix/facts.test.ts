// What facts are is said twice, once for TypeScript (zod) and once for Nix (schema.json): here the two are held against each other,
// and the little validator that Nix uses against both.
import { readFileSync, readdirSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";
import { facts as schemaInTypeScript } from "../../steps/facts";
import { nixFolder } from "./support/evaluation";
import { describeWithNix, instantiate } from "./support/instantiate";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const folder = join(nixFolder, "facts");
const schemaForNix = JSON.parse(readFileSync(join(folder, "schema.json"), "utf8")) as Record<string, unknown>;
const examples = readdirSync(join(folder, "examples"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({ file, facts: JSON.parse(readFileSync(join(folder, "examples", file), "utf8")) as { [key: string]: Json } }));

const ajv = new Ajv2020({ allErrors: true, formats: { ipv4: isIPv4, ipv6: isIPv6 } });
const validForNix = ajv.compile(schemaForNix);
const validInTypeScript = (value: unknown): boolean => schemaInTypeScript.safeParse(value).success;

/** Every path in a document, the document itself excepted. */
function paths(value: Json, prefix: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== "object") return [];
  const entries: [string | number, Json][] = Array.isArray(value) ? value.map((item, i) => [i, item]) : Object.entries(value);
  return entries.flatMap(([key, item]) => [[...prefix, key], ...paths(item, [...prefix, key])]);
}

function changed(value: Json, path: readonly (string | number)[], change: (old: Json) => Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  const copy = structuredClone(value) as Json[] & { [key: string]: Json };
  const next = rest.length === 0 ? change(copy[key as number] ?? null) : changed(copy[key as number] ?? null, rest, change);
  if (next === undefined) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else Reflect.deleteProperty(copy, key);
  } else copy[key as number] = next;
  return copy;
}

// Values that are near to right: the wrong type, one letter too many, the wrong case, an edge of a range.
const strange: Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  999,
  1000,
  59999,
  60000,
  65535,
  65536,
  1.5,
  "",
  "a",
  "A",
  "-a",
  "a-",
  "a_b",
  "root",
  "roots",
  "a".repeat(32),
  "a".repeat(33),
  "a".repeat(63),
  "a".repeat(64),
  "/",
  "/a",
  "/a\nb",
  "/a\n",
  "a/b",
  "/dev/sda",
  "/dev/disk/by-id/",
  "/dev/disk/by-id/a b",
  "/dev/disk/by-id/scsi-0HC_Volume_7",
  "203.0.113.7",
  "203.0.113.256",
  "203.0.113",
  "::",
  "::1",
  "2001:db8::1",
  "2001:db8::1::2",
  "2001:db8:1:2:3:4:5:6",
  "2001:db8:1:2:3:4:5",
  "2001:db8:1:2:3:4:5:6:7",
  "2001:db8::1/64",
  "12345::",
  "1:2:3:4:5:6:7::",
  "1:2:3:4:5:6:7::8",
  "::ffff:203.0.113.7",
  "aa:bb:cc:dd:ee:ff",
  "AA:bb:cc:dd:ee:ff",
  "aa:bb:cc:dd:ee",
  "ssh-ed25519 AAAA",
  "ssh-ed25519 AAAA me@home",
  "ssh-ed25519  AAAA",
  "ssh-dss AAAA",
  "sk-ssh-ed25519@openssh.com AAAA key",
  "ecdsa-sha2-nistp521 AAAA",
  "ecdsa-sha2-nistp999 AAAA",
  "bios",
  "efi",
  "xfs",
  "i686-linux",
  "/home",
  "/ho me",
  [],
  [1],
  {},
  { a: 1 },
];

const mutation = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.nat(),
    fc.oneof(
      fc.constantFrom(...strange).map((value) => () => value),
      fc.constant(() => undefined),
      // A field more, or a letter more.
      fc.constant((old: Json): Json => {
        if (typeof old === "string") return `${old}!`;
        return old !== null && typeof old === "object" && !Array.isArray(old) ? { ...old, extra: 1 } : [old];
      }),
    ),
  )
  .map(([{ facts }, n, change]) => {
    const all = paths(facts);
    return changed(facts, all[n % all.length] ?? [], change);
  });

/** Each field replaced by each strange value, taken away, and given a neighbour. */
function singleChanges(document: Json): Json[] {
  return paths(document).flatMap((path) => [
    ...strange.map((value) => changed(document, path, () => value)),
    changed(document, path, () => undefined),
    changed(document, path, (old) => (typeof old === "string" ? `${old}!` : { extra: 1, ...(old as object | null) })),
  ]);
}

describe("schema.json and the facts in TypeScript", () => {
  test.each(examples)("agree that $file is right", ({ facts }) => {
    expect(validForNix(facts) ? [] : validForNix.errors).toEqual([]);
    expect(schemaInTypeScript.safeParse(facts).error?.issues ?? []).toEqual([]);
  });

  test("agree on every single change to an example", () => {
    for (const document of examples.flatMap(({ facts }) => singleChanges(facts)))
      expect({ document, valid: validForNix(document) }).toEqual({ document, valid: validInTypeScript(document) });
  });

  test("agree on several changes at once", () => {
    const several = fc.tuple(mutation, mutation).map(([first, second]) => ({ ...(first as object), ...(second as object) }));
    fc.assert(
      fc.property(several, (document) => {
        expect(validForNix(document)).toBe(validInTypeScript(document));
      }),
      { numRuns: 1000 },
    );
  });

  test("agree on whether anything else at all is facts", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        expect(validForNix(document)).toBe(validInTypeScript(document));
      }),
    );
  });

  test("the changes reach both answers, or the test above would say nothing", () => {
    const answers = fc.sample(mutation, { numRuns: 1000, seed: 1 }).map(validInTypeScript);
    expect(answers.filter((valid) => valid).length).toBeGreaterThan(50);
    expect(answers.filter((valid) => !valid).length).toBeGreaterThan(500);
  });
});

describeWithNix("the validator in Nix", () => {
  const validate = (documents: readonly Json[]): string[][] =>
    instantiate(
      `let validate = import ${folder}/validate.nix; schema = builtins.fromJSON (builtins.readFile ${folder}/schema.json);
       in map (validate schema) (builtins.fromJSON ${nixString(JSON.stringify(documents))})`,
    ) as string[][];

  test("accepts every example", () => {
    expect(validate(examples.map(({ facts }) => facts)).flat()).toEqual([]);
  });

  test("agrees with the schema on every single change to an example", () => {
    const richest = examples.map(({ facts }) => facts).reduce((a, b) => (paths(a).length >= paths(b).length ? a : b));
    const documents = singleChanges(richest);
    expect(documents.length).toBeGreaterThan(2000);
    const problems = validate(documents);
    documents.forEach((document, i) => {
      expect({ document, problems: problems[i], valid: problems[i]?.length === 0 }).toEqual({
        document,
        problems: problems[i],
        valid: validForNix(document),
      });
    });
  });

  const example = examples[0]?.facts ?? null;
  test.each<[string, (string | number)[], Json | undefined, string]>([
    ["a misspelt field", ["storage", "rootfilesystem"], "zfs", "storage.rootfilesystem: no such field"],
    ["a missing field", ["admin", "uid"], undefined, "admin.uid: is missing"],
    ["a wrong type", ["ssh", "port"], "2222", "ssh.port: must be of type integer, and is string"],
    ["a wrong word", ["hardware", "firmware"], "efi", 'hardware.firmware: must be one of "bios", "uefi", and is "efi"'],
    ["a disk by a name that changes", ["hardware", "rootDisk"], "/dev/sda", "hardware.rootDisk: must be a path below /dev/disk/by-id"],
    ["a volume's mount point", ["storage", "volumes", 0, "mountPoint"], "home", "storage.volumes[0].mountPoint: must be an absolute path"],
    ["root as the admin", ["admin", "name"], "root", "admin.name: must be a user name other than root"],
    ["no admin key", ["admin", "keys"], [], "admin.keys: must have at least 1 entry"],
    ["another version", ["version"], 2, "version: must be 1, and is 2"],
  ])("names the field of %s", (_, path, value, sentence) => {
    const wrong = changed(example, path, () => value);
    expect(validate([wrong])[0]?.join("\n")).toContain(sentence);
  });

  test("reports every mistake at once, as one error", () => {
    const wrong = changed(
      changed(example, ["ssh", "port"], () => 0),
      ["admin", "uid"],
      () => 1,
    );
    const check = (): unknown => instantiate(`import ${folder}/check.nix (builtins.fromJSON ${nixString(JSON.stringify(wrong))})`);
    expect(check).toThrow(/facts\.json is wrong:[\s\S]*ssh\.port: must be at least 1[\s\S]*|admin\.uid: must be at least 1000/);
  });
});

/** A string literal of Nix. */
function nixString(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\$\{/g, "\\${")}"`;
}
