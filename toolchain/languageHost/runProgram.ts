// Runs the Pulumi program in a Node.js process of its own.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { RunResponse, type ProgramInfo, type RunRequest } from "@pulumi/pulumi/proto/language_pb";

/** The exit code by which the SDK says that the user has already been told what is wrong. */
const ALREADY_REPORTED = 32;

/**
 * Runs the program to its end and says how it went. Its output goes where this process' output goes, which the engine reads.
 *
 * An error in the program is part of the answer, not a failure of this call. `cancelled` ends the program.
 */
export async function runProgram(request: RunRequest, engineAddress: string, cancelled: AbortSignal): Promise<RunResponse> {
  const response = new RunResponse();
  const info = request.getInfo();
  if (!info) {
    return response.setError("the engine named no program to run");
  }
  const options = runtimeOptions(info);
  let sdk: string;
  try {
    sdk = createRequire(join(info.getProgramDirectory(), "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    return response.setError(`@pulumi/pulumi is not installed in ${info.getProgramDirectory()}: run npm install there`);
  }
  const args = [...options.nodeargs, sdk, ...sdkArguments(request, info, engineAddress), info.getEntryPoint(), ...request.getArgsList()];
  const environment = { ...process.env, ...options.environment, ...configuration(request) };
  try {
    const code = await run(args, environment, cancelled);
    if (code === ALREADY_REPORTED) {
      return response.setBail(true);
    }
    return code === 0 ? response : response.setError(`Program exited with non-zero exit code: ${code}`);
  } catch (problem) {
    return response.setError(`could not run node: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}

/** Runs `node` as the PATH has it, as the official host does; rejects when it cannot be started. */
function run(args: string[], env: NodeJS.ProcessEnv, cancelled: AbortSignal): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const program = spawn("node", args, { env, stdio: ["ignore", "inherit", "inherit"] });
    const end = () => program.kill("SIGTERM");
    cancelled.addEventListener("abort", end);
    program.once("error", reject);
    program.once("exit", (code, signal) => {
      cancelled.removeEventListener("abort", end);
      resolve(code ?? signal ?? "unknown");
    });
    if (cancelled.aborted) {
      end();
    }
  });
}

/** The flags of the SDK's own `cmd/run`; empty values are left out. */
function sdkArguments(request: RunRequest, info: ProgramInfo, engineAddress: string): string[] {
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.getRootDirectory(),
    stack: request.getStack(),
    pwd: info.getProgramDirectory(),
    parallel: String(request.getParallel()),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  return request.getDryrun() ? [...args, "--dry-run"] : args;
}

/** The stack's configuration travels in the environment, where every copy of the SDK in the program finds it. */
function configuration(request: RunRequest): NodeJS.ProcessEnv {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toObject())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

interface RuntimeOptions {
  nodeargs: string[];
  environment: NodeJS.ProcessEnv;
}

/** What `runtime: {name: nodejs, options: …}` in Pulumi.yaml asks for. TypeScript is on unless it is switched off. */
export function runtimeOptions(info: ProgramInfo): RuntimeOptions {
  const options = info.getOptions()?.toJavaScript() ?? {};
  const environment: NodeJS.ProcessEnv = {};
  if (options.typescript !== false) {
    environment.PULUMI_NODEJS_TYPESCRIPT = "true";
  }
  if (typeof options.tsconfig === "string") {
    environment.PULUMI_NODEJS_TSCONFIG_PATH = options.tsconfig;
  }
  return { nodeargs: splitWords(typeof options.nodeargs === "string" ? options.nodeargs : ""), environment };
}

/** Splits at white space, except within single or double quotes. */
export function splitWords(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) => double ?? single ?? bare ?? "");
}
