// Terraform with Hetzner's provider, unchanged: after an apply the plan of every resource is empty, and a destroy leaves nothing.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import execa from "execa";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { type ApiEmulator, startEmulator } from "../../emulator/src";
import { findExecutable } from "../../toolchain/situation";
import { type Context, type Findings, Skipped, type Suite } from "../suite";
import { goExecutable } from "../tools/go";
import { lastLines } from "../tools/output";
import { leftovers } from "./leftovers";

const SOURCES = join(__dirname, "../terraform");

/** The first and the last version of the provider that this project is meant for, and what only one of them needs. */
const PROVIDERS: readonly { version: string; variables: Record<string, string> }[] = [
  { version: "1.60.1", variables: { TF_VAR_assignee_type: "server" } },
  { version: "1.68.0", variables: {} },
];
const PROVIDER_PACKAGE = "github.com/hetznercloud/terraform-provider-hcloud";

/** The provider insists on 64 characters. */
const TOKEN = "t".repeat(64);

/** Two actions on one server at a time are `423 locked`, at Hetzner too, and not all of the provider's resources try again. */
const ONE_AT_A_TIME = "-parallelism=1";

/** Only to end in words what would hang. */
const LONGEST_MS = 600_000;

export const terraform: Suite = { name: "terraform", what: "Terraform's plan of every resource is empty after an apply", run };

async function run(context: Context): Promise<Findings> {
  const command = findExecutable("terraform", context.env);
  if (command === undefined) {
    throw new Skipped("there is no `terraform` on PATH; the same provider runs under Pulumi in the tests (emulator/test/provider)");
  }
  const findings: Findings = {
    versions: `provider ${PROVIDERS.map(({ version }) => version).join(" and ")} (Go modules)`,
    facts: [],
    problems: [],
  };
  for (const { version, variables } of PROVIDERS) {
    const provider = await goExecutable({
      ...context,
      sources: join(SOURCES, `provider-${version}`),
      target: PROVIDER_PACKAGE,
      executable: "terraform-provider-hcloud",
      flags: ["-ldflags", "-s -w"],
    });
    context.detail(`applying with provider ${version}`);
    const found = await applyAndPlan(new Workspace(command, dirname(provider), { ...context.env, ...variables }));
    findings.facts.push(`provider ${version}: ${found.empty.length} of ${found.empty.length + found.problems.length} resources`);
    findings.problems.push(...found.problems.map((problem) => `provider ${version}: ${problem}`));
  }
  return findings;
}

interface Planned {
  resource_changes?: { address: string; change: { actions: string[]; before: unknown; after: unknown } }[];
  resource_drift?: { address: string; change: { before: unknown; after: unknown } }[];
}

async function applyAndPlan(workspace: Workspace): Promise<{ empty: string[]; problems: string[] }> {
  const cloud = await startEmulator({ machines: false });
  try {
    await workspace.terraform(cloud, "apply", "-auto-approve", ONE_AT_A_TIME);
    // What one resource does to another (an address gets its server) is known to the other after it was read once more.
    await workspace.terraform(cloud, "apply", "-refresh-only", "-auto-approve");
    await workspace.terraform(cloud, "plan", "-out=plan.bin");
    const planned = JSON.parse(await workspace.terraform(cloud, "show", "-json", "plan.bin")) as Planned;
    await workspace.terraform(cloud, "apply", "-destroy", "-auto-approve", ONE_AT_A_TIME);
    const changes = planned.resource_changes ?? [];
    const drift = planned.resource_drift ?? [];
    const left = (await leftovers(cloud, TOKEN)).map((what) => `the destroy left ${what} behind`);
    const isEmpty = ({ change }: { change: { actions: string[] } }) => change.actions.join() === "no-op";
    return {
      empty: changes.filter(isEmpty).map(({ address }) => address),
      problems: [
        ...(changes.length === 0 ? ["the plan knows no resource at all"] : []),
        ...changes.filter((each) => !isEmpty(each)).map(({ address, change }) => `${address} would be changed: ${difference(change)}`),
        ...drift.map(({ address, change }) => `${address} reads otherwise each time: ${difference(change)}`),
        ...left,
      ],
    };
  } catch (problem) {
    return { empty: [], problems: [problem instanceof Error ? problem.message : String(problem)] };
  } finally {
    await cloud.stop();
    workspace.dispose();
  }
}

/** The properties that differ, before and after. */
function difference({ before, after }: { before: unknown; after: unknown }): string {
  const [was, is] = [before, after].map((each) => (each ?? {}) as Record<string, unknown>);
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  const text = (value: unknown) => (value === undefined ? "unknown" : JSON.stringify(value));
  return names
    .filter((name) => text(was?.[name]) !== text(is?.[name]))
    .map((name) => `${name} ${text(was?.[name])} -> ${text(is?.[name])}`)
    .join(", ");
}

/** A folder in which Terraform runs with a provider of our choice, and without `terraform init`, which would reach for the registry. */
class Workspace {
  private readonly folder = mkdtempSync(join(tmpdir(), "conformance-terraform-"));
  private readonly variables: Record<string, string>;

  constructor(
    private readonly command: string,
    providerFolder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    copyFileSync(join(SOURCES, "main.tf"), join(this.folder, "main.tf"));
    const override = `"hetznercloud/hcloud" = ${JSON.stringify(providerFolder)}`;
    writeFileSync(
      join(this.folder, "terraform.tfrc"),
      `provider_installation {\n  dev_overrides {\n    ${override}\n  }\n  direct {}\n}\n`,
    );
    const key = generatePrivateKey("ecdsa");
    this.variables = {
      TF_VAR_public_key: key.toPublic().toString("ssh"),
      TF_VAR_private_key: key.toString("pkcs8"),
      TF_VAR_certificate: createSelfSignedCertificate(identityForHost("www.example.com"), key).toString("pem"),
    };
  }

  /** @throws Error with what Terraform says when it fails */
  async terraform(cloud: ApiEmulator, ...args: string[]): Promise<string> {
    const env = {
      ...this.env,
      ...this.variables,
      HCLOUD_ENDPOINT: cloud.url,
      HCLOUD_TOKEN: TOKEN,
      TF_CLI_CONFIG_FILE: join(this.folder, "terraform.tfrc"),
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
    };
    const options = { cwd: this.folder, env, extendEnv: false, timeout: LONGEST_MS };
    const { stdout } = await execa(this.command, [...args, ...(args[0] === "show" ? [] : ["-no-color", "-input=false"])], options).catch(
      (problem: unknown) => {
        const { stderr, timedOut } = problem as execa.ExecaError;
        throw new Error(`terraform ${args.join(" ")}: ${timedOut ? "does not end" : lastLines(stderr, 40)}`);
      },
    );
    return stdout;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
