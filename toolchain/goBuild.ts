// Builds the CLI and the plugins from Go modules, where the official downloads are out of reach.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { ToolchainError } from "./errors";
import { hashFolder } from "./hash";
import { pluginExecutable, type PluginName } from "./versions";

/** The oldest Go that gets by itself the newer one which the modules ask for. */
const OLDEST_GO = [1, 21] as const;
const SDK_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

export type GoModule = "cli" | PluginName;

/** Plugins made from a Terraform provider, whose schema is generated before they are built. */
const BRIDGED: readonly GoModule[] = ["hcloud", "random"];

export interface GoBuild {
  module: GoModule;
  version: string;
  /** An empty folder for the result and all in between; it must be gone or renamed afterwards. */
  staging: string;
  detail: (text: string) => void;
}

/** The Go sources of one module, in the checkout. */
export function goSources(module: GoModule): string {
  return join(__dirname, "go", module);
}

/** A name for what would be built from the sources as they are. */
export function goSourcesHash(module: GoModule): string {
  return hashFolder(goSources(module), (path) => /(\.go|^go\.(mod|sum)|\/go\.(mod|sum))$/.test(path) && !path.endsWith("_test.go"));
}

/** Undefined when Go can build, else the reason why not. */
export async function whyNoGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  let version: string;
  try {
    version = (await execa("go", ["env", "GOVERSION"], { env: goEnvironment(env), extendEnv: false, cwd: goSources("command") })).stdout;
  } catch (problem) {
    const { code, stderr } = problem as execa.ExecaError & { code?: string };
    return code === "ENOENT" ? "there is no `go` on PATH" : `\`go\` does not run: ${lastLines(stderr, 3)}`;
  }
  const [major = 0, minor = 0] = version.replace(/^go/, "").split(".").map(Number);
  const oldEnough = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return oldEnough ? undefined : `\`go\` on PATH is ${version}, older than ${OLDEST_GO.join(".")}`;
}

/** Builds one module and returns the executable, which lies in `staging`. */
export async function goBuild({ module, version, staging, detail }: GoBuild, env: NodeJS.ProcessEnv): Promise<string> {
  const sources = join(staging, "sources");
  // Generated files go into a copy, so that a checkout may be read-only and two builds never meet.
  cpSync(goSources(module), sources, { recursive: true });
  const build = (output: string, target: string, variable: string, value: string) =>
    compile({ sources, output: join(staging, output), target, link: `-X ${variable}=${value}`, detail }, env);

  if (module === "cli") {
    return build("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", SDK_VERSION, `v${version}`);
  }
  if (!BRIDGED.includes(module)) {
    return build(pluginExecutable(module), ".", "main.Version", version);
  }
  const variable = `nixos-vps/toolchain/${module}.Version`;
  const main = `cmd/${pluginExecutable(module)}`;
  const tfgen = await build("tfgen", "./cmd/tfgen", variable, version);
  await execa(tfgen, ["schema", "--skip-docs", "--skip-examples", "--out", join(sources, main)], { cwd: sources });
  stampVersion(join(sources, main, "schema.json"), version);
  return build(pluginExecutable(module), `./${main}`, variable, version);
}

interface Compilation {
  sources: string;
  output: string;
  target: string;
  link: string;
  detail: (text: string) => void;
}

async function compile({ sources, output, target, link, detail }: Compilation, env: NodeJS.ProcessEnv): Promise<string> {
  const args = ["build", "-v", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", `-s -w ${link}`, "-o", output, target];
  const building = execa("go", args, { cwd: sources, env: goEnvironment(env), extendEnv: false });
  let packages = 0;
  building.stderr?.on("data", (data: Buffer) => {
    // With -v the compiler names each package when it is done with it.
    packages += data.toString().split("\n").length - 1;
    detail(`${packages} packages`);
  });
  try {
    await building;
  } catch (problem) {
    throw new ToolchainError(`go build failed in ${target}:\n${lastLines((problem as execa.ExecaError).stderr, 15)}`);
  }
  return output;
}

/** The user's Go settings (proxy, caches), without those that change what is built. */
function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GOFLAGS: "", GOWORK: "off", CGO_ENABLED: "0", GOOS: "", GOARCH: "" };
}

/** tfgen leaves the version out, and the engine's `plugin ls` and `package get-schema` show it. */
function stampVersion(file: string, version: string): void {
  const schema = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...schema, version }));
}

function lastLines(text: string, count: number): string {
  return text.trim().split("\n").slice(-count).join("\n");
}
