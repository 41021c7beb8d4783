// Every Nix file can at least be read by Nix, and is small enough to be read by a person.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { nixFolder, repository } from "./support/evaluation";
import { describeWithNix, nixInstantiate } from "./support/instantiate";

const files = [nixFolder, __dirname]
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith(".nix"))
  .sort();
const name = (file: string): string => relative(repository, file);

describeWithNix("every Nix file", () => {
  test("there are some", () => {
    expect(files.length).toBeGreaterThan(40);
  });

  test("parses", () => {
    const problems = files.flatMap((file) => {
      const run = nixInstantiate(["--parse", file]);
      return run.status === 0 ? [] : [`${name(file)}: ${run.stderr.trim()}`];
    });
    expect(problems).toEqual([]);
  });

  test("a file that does not parse is noticed", () => {
    expect(nixInstantiate(["--parse", "-"], "{ a = ; }").status).not.toBe(0);
  });
});

describe("the nix folder", () => {
  // wrong.nix is one table, and a table is read by the row.
  const tables = ["test/nix/wrong.nix"];

  test("has no file of more than 250 lines", () => {
    const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > 251).map(name);
    expect(long.filter((file) => !tables.includes(file))).toEqual([]);
  });

  test("says in its first line what each file is for", () => {
    const silent = files.filter((file) => !readFileSync(file, "utf8").startsWith("# ")).map(name);
    // flake.nix has a description of its own.
    expect(silent).toEqual(["nix/flake.nix"]);
  });

  test("keeps to two blanks, no tabs, and nothing at a line's end", () => {
    const untidy = files.filter((file) => /\t| +\n|\n\n\n|\n\n$|[^\n]$/.test(readFileSync(file, "utf8")));
    expect(untidy.map(name)).toEqual([]);
  });
});
