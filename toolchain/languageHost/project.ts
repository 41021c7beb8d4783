// What the engine asks about a Node.js project besides running it: installing, and telling what it is made of.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import * as language from "@pulumi/pulumi/proto/language_pb";

const PACKAGE_MANAGERS = ["npm", "pnpm", "yarn", "bun"];

/** `pulumi install`: runs the package manager that Pulumi.yaml names, by default npm, and streams what it says. */
export function installDependencies(
  call: grpc.ServerWritableStream<language.InstallDependenciesRequest, language.InstallDependenciesResponse>,
): void {
  const info = call.request.getInfo();
  const manager = packageManager(info);
  const install = spawn(manager, ["install"], { cwd: info?.getProgramDirectory(), stdio: ["ignore", "pipe", "pipe"] });
  install.stdout.on("data", (data: Buffer) => call.write(new language.InstallDependenciesResponse().setStdout(data)));
  install.stderr.on("data", (data: Buffer) => call.write(new language.InstallDependenciesResponse().setStderr(data)));
  const fail = (message: string) => call.emit("error", { code: grpc.status.UNKNOWN, message, details: message });
  install.once("error", (problem) => fail(`could not run ${manager} install: ${problem.message}`));
  install.once("close", (code) => (code === 0 ? call.end() : fail(`${manager} install ended with exit code ${String(code)}`)));
}

/** `pulumi about`: which Node.js runs the programs. */
export function about(request: language.AboutRequest): Promise<language.AboutResponse> {
  const response = new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
  response.getMetadataMap().set("packagemanager", packageManager(request.getInfo()));
  return Promise.resolve(response);
}

/** `pulumi about`: the packages that package.json names, in the versions installed. */
export function programDependencies(request: language.GetProgramDependenciesRequest): Promise<language.GetProgramDependenciesResponse> {
  const directory = request.getInfo()?.getProgramDirectory() ?? process.cwd();
  const manifest = readManifest(join(directory, "package.json"));
  const named = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const dependencies = named.map((name) =>
    new language.DependencyInfo().setName(name).setVersion(installedVersion(directory, name) ?? "not installed"),
  );
  return Promise.resolve(new language.GetProgramDependenciesResponse().setDependenciesList(dependencies));
}

function packageManager(info: language.ProgramInfo | undefined): string {
  const wanted = info?.getOptions()?.toJavaScript().packagemanager;
  return PACKAGE_MANAGERS.find((name) => name === wanted) ?? "npm";
}

function installedVersion(directory: string, name: string): string | undefined {
  const folders = createRequire(join(directory, "package.json")).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return readManifest(join(folder, name, "package.json")).version;
    } catch {
      // Not in this folder: the next one up may have it.
    }
  }
  return undefined;
}

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
