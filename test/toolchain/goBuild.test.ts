// The builds with Go, with a `go` that is a script.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain";
import { goBuild, goSourcesHash, whyNoGo } from "../../toolchain/goBuild";
import { removeFolders, temporaryFolder, writeExecutable } from "./fakeWays";

afterEach(removeFolders);

/** An environment whose `go` is this script. */
function withGo(script: string): { PATH: string; HOME: string } {
  const folder = temporaryFolder();
  writeExecutable(join(folder, "go"), `#!/bin/sh\n${script}\n`);
  return { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
}

/** Writes what it was called with, and as the result a program that writes an empty schema where it is told to. */
const RECORDING_GO = `
echo "$GOFLAGS|$GOWORK|$CGO_ENABLED|$*" >> "$HOME/calls"
echo "some/package" >&2
while [ "$1" != -o ]; do shift; done
cat > "$2" <<'END'
#!/bin/sh
while [ "$1" != --out ]; do shift; done
echo '{"name": "it"}' > "$2/schema.json"
END
chmod +x "$2"`;

test("a Go that can build is found", async () => {
  expect(await whyNoGo(withGo("echo go1.26.8"))).toBeUndefined();
  expect(await whyNoGo(withGo("echo go1.21.0"))).toBeUndefined();
});

test("a Go that is missing, too old or broken is told apart", async () => {
  expect(await whyNoGo({ PATH: temporaryFolder() })).toBe("there is no `go` on PATH");
  expect(await whyNoGo(withGo("echo go1.20.14"))).toBe("`go` on PATH is go1.20.14, older than 1.21");
  expect(await whyNoGo(withGo("echo cannot find GOROOT >&2; exit 2"))).toBe("`go` does not run: cannot find GOROOT");
});

test("a plugin over Terraform gets its schema, with the version in it, before it is built", async () => {
  const env = withGo(RECORDING_GO);
  const staging = join(temporaryFolder(), "work");
  const details: string[] = [];
  const built = await goBuild(
    { module: "hcloud", version: "1.2.3", staging, detail: (text) => details.push(text) },
    { ...env, GOFLAGS: "-mod=mod" },
  );

  const schema = join(staging, "sources", "cmd", "pulumi-resource-hcloud", "schema.json");
  expect(JSON.parse(readFileSync(schema, "utf8"))).toEqual({ name: "it", version: "1.2.3" });
  expect(built).toBe(join(staging, "pulumi-resource-hcloud"));
  const calls = readFileSync(join(env.HOME, "calls"), "utf8").trim().split("\n");
  expect(calls).toEqual([
    expect.stringMatching(/^\|off\|0\|build .*-mod=readonly .*hcloud\.Version=1\.2\.3 -o \S+\/tfgen \.\/cmd\/tfgen$/),
    expect.stringMatching(/^\|off\|0\|build .*-mod=readonly .*hcloud\.Version=1\.2\.3 -o \S+ \.\/cmd\/pulumi-resource-hcloud$/),
  ]);
  expect(details.at(-1)).toBe("1 packages");
});

test("the CLI is told its version", async () => {
  const env = withGo(RECORDING_GO);
  await goBuild({ module: "cli", version: "3.256.0", staging: join(temporaryFolder(), "work"), detail: () => undefined }, env);
  expect(readFileSync(join(env.HOME, "calls"), "utf8")).toMatch(
    /version\.Version=v3\.256\.0 -o \S+\/pulumi github\.com\/pulumi\/pulumi\/pkg/,
  );
});

test("what the compiler says last is in the error", async () => {
  const env = withGo("seq 1 100 >&2; echo undefined: x >&2; exit 1");
  const building = goBuild({ module: "command", version: "1.2.1", staging: join(temporaryFolder(), "work"), detail: () => undefined }, env);
  await expect(building).rejects.toThrow(ToolchainError);
  await expect(building).rejects.toThrow(/go build failed in \.:\n87\n[^]*100\nundefined: x$/);
});

test("each module's sources have a name of their own", () => {
  const names = (["cli", "hcloud", "random", "command"] as const).map(goSourcesHash);
  expect(new Set(names).size).toBe(4);
});
