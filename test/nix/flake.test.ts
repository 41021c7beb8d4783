// The flake as others meet it: its lock file, and the folder that is put together for one machine.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { facts as schema, type Facts } from "../../steps/facts";
import { describeEvaluated, evaluateFolder, nixFolder } from "./support/evaluation";
import { describeWithNix, instantiate } from "./support/instantiate";

jest.setTimeout(600_000);

interface Node {
  readonly inputs?: Readonly<Record<string, string | readonly string[]>>;
  readonly locked?: { readonly rev: string; readonly narHash: string; readonly lastModified: number; readonly type: string };
  readonly original?: { readonly owner: string; readonly repo: string; readonly ref?: string };
}

const lock = JSON.parse(readFileSync(join(nixFolder, "flake.lock"), "utf8")) as { readonly nodes: Readonly<Record<string, Node>> };

describe("flake.lock", () => {
  test("pins every input by revision and hash", () => {
    for (const [name, { locked }] of Object.entries(lock.nodes)) {
      if (name === "root") continue;
      expect([name, locked?.rev]).toEqual([name, expect.stringMatching(/^[0-9a-f]{40}$/)]);
      expect([name, locked?.narHash]).toEqual([name, expect.stringMatching(/^sha256-[A-Za-z0-9+/]{43}=$/)]);
      expect([name, locked?.type]).toEqual([name, "github"]);
    }
  });

  test("leads every input to a node, also by `follows`", () => {
    const node = (path: readonly string[]): string =>
      path.reduce((at, step) => {
        const next = lock.nodes[at]?.inputs?.[step];
        if (next === undefined) throw new Error(`${path.join("/")} leads nowhere`);
        return typeof next === "string" ? next : node(next);
      }, "root");
    for (const { inputs = {} } of Object.values(lock.nodes))
      for (const target of Object.values(inputs)) expect(lock.nodes[typeof target === "string" ? target : node(target)]).toBeDefined();
  });
});

describeWithNix("flake.nix and flake.lock", () => {
  test("name the same inputs, from the same places", () => {
    const inputs = instantiate(`builtins.mapAttrs (_: input: input.url) (import ${nixFolder}/flake.nix).inputs`) as Record<string, string>;
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(lock.nodes["root"]?.inputs ?? {}).sort());
    for (const [name, url] of Object.entries(inputs)) {
      const original = lock.nodes[name]?.original;
      expect(url).toBe(["github:" + String(original?.owner), original?.repo, original?.ref].filter((part) => part !== undefined).join("/"));
    }
  });
});

describeEvaluated("the folder of one machine", () => {
  const example = schema.parse(JSON.parse(readFileSync(join(nixFolder, "facts/examples/home-store.json"), "utf8")));
  const mine: Facts = { ...example, machine: "atelier", ssh: { ...example.ssh, port: 2022 } };

  test("offers the machine by its name, beside the examples", () => {
    const hosts = evaluateFolder(mine, ["--hosts"]).out.trim().split("\n");
    expect(hosts).toContain("atelier");
    expect(hosts).toContain("minimal");
  });

  test("makes the machine of its own facts, also under the name of an example", () => {
    const run = evaluateFolder({ ...mine, machine: "devserver" }, ["devserver", "--json", "config.services.openssh.ports"]);
    expect(JSON.parse(run.out)).toEqual([2022]);
  });

  test("hands out nothing at all while a field is wrong, and names the field", () => {
    const run = evaluateFolder({ ...mine, ssh: { ...mine.ssh, port: "2022" } }, ["minimal"]);
    expect(run.status).not.toBe(0);
    expect(run.err).toContain("facts.json is wrong:");
    expect(run.err).toContain("ssh.port: must be of type integer, and is string");
  });

  test("says which hosts there are when the facts name another", () => {
    const run = evaluateFolder({ ...mine, host: "devsrever" }, ["atelier"]);
    expect(run.err).toContain("there is no nix/hosts/devsrever; there are devserver, minimal, openclaw, server");
  });
});
