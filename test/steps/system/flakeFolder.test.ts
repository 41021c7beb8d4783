import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { factsText, flakeHash, makeFlakeFolder, systemHash } from "../../../steps/system/flakeFolder";
import { sampleFacts, volume } from "../support/samples";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA0000000000000000000000000000000000000000000";

function write(folder: string, files: Record<string, string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const tree = { "flake.nix": "{ }", "hosts/devserver.nix": "{ ... }: { }", "modules/a/b.nix": "1" };

describe("the hash of a flake", () => {
  test("is the same for the same content, whenever and wherever it was written", () => {
    const one = write(newFolder(), tree);
    const other = write(newFolder(), Object.fromEntries(Object.entries(tree).reverse()));
    utimesSync(join(other, "flake.nix"), 1, 1);
    chmodSync(join(other, "flake.nix"), 0o600);

    expect(flakeHash(other)).toBe(flakeHash(one));
  });

  test("does not depend on facts, on history, on build results or on empty folders", () => {
    const folder = write(newFolder(), tree);
    const before = flakeHash(folder);

    write(folder, { "facts.json": "{}", ".git/HEAD": "ref", "result-1": "x" });
    symlinkSync("/nix/store/x", join(folder, "result"));
    mkdirSync(join(folder, "empty"));

    expect(flakeHash(folder)).toBe(before);
  });

  test("changes with a file that is called like facts but lies deeper", () => {
    const folder = write(newFolder(), tree);
    const before = flakeHash(folder);

    write(folder, { "checks/facts.json": "{}" });

    expect(flakeHash(folder)).not.toBe(before);
  });

  test("changes with who may execute a file", () => {
    const folder = write(newFolder(), tree);
    const before = flakeHash(folder);

    chmodSync(join(folder, "modules/a/b.nix"), 0o755);

    expect(flakeHash(folder)).not.toBe(before);
  });

  test("changes when a file becomes a link with the same text", () => {
    const file = write(newFolder(), { "flake.nix": "{ }", a: "flake.nix" });
    const link = write(newFolder(), { "flake.nix": "{ }" });
    symlinkSync("flake.nix", join(link, "a"));

    expect(flakeHash(link)).not.toBe(flakeHash(file));
  });

  test("is different for any two different trees", () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const files = fc.dictionary(name, fc.string({ maxLength: 4 }), { maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(files, files, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(flakeHash(write(newFolder(), a)) === flakeHash(write(newFolder(), b))).toBe(same);
      }),
      { numRuns: 60 },
    );
  });
});

function sorted(of: Record<string, string>): [string, string][] {
  return Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
}

test("the same facts are the same text, in whatever order they were put together", () => {
  const facts = sampleFacts(key);
  const turned = JSON.parse(JSON.stringify(facts, Object.keys(flatten(facts)).reverse())) as typeof facts;

  expect(factsText(turned)).toBe(factsText(facts));
  expect(JSON.parse(factsText(facts))).toEqual(facts);
});

function flatten(value: unknown): Record<string, true> {
  if (typeof value !== "object" || value === null) return {};
  const own = Array.isArray(value) ? {} : Object.fromEntries(Object.keys(value).map((name) => [name, true as const]));
  return Object.assign(own, ...Object.values(value).map(flatten)) as Record<string, true>;
}

test("the reason for a switch changes with the flake and with the facts", () => {
  const folder = write(newFolder(), tree);
  const reasons = [systemHash(flakeHash(folder), sampleFacts(key)), systemHash(flakeHash(folder), sampleFacts(key, [volume(2)]))];
  write(folder, { "flake.nix": "{ a = 1; }" });
  reasons.push(systemHash(flakeHash(folder), sampleFacts(key)));

  expect(new Set(reasons).size).toBe(3);
});

test("a machine's flake is the project's with its own facts, and nothing that lay about", () => {
  const source = write(newFolder(), { ...tree, "facts.json": "other", ".git/HEAD": "ref", "modules/result": "kept", "result-2": "x" });
  const target = join(newFolder(), "flake");

  makeFlakeFolder(source, sampleFacts(key), target);

  expect(JSON.parse(readFileSync(join(target, "facts.json"), "utf8"))).toEqual(sampleFacts(key));
  expect(readFileSync(join(target, "modules/result"), "utf8")).toBe("kept");
  expect(() => readFileSync(join(target, "result-2"))).toThrow(/ENOENT/);
  expect(() => readFileSync(join(target, ".git/HEAD"))).toThrow(/ENOENT/);
  expect(flakeHash(target)).toBe(flakeHash(source));
});
