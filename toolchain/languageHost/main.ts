#!/usr/bin/env node
// `pulumi-language-nodejs`: the gRPC service through which the Pulumi engine runs a Node.js program.
//
// It stands in for the official language host of the same name where that cannot be downloaded; no current release of it is to
// be had as a Go module. It is bundled into one file, because the cache it is put in outlives the checkout it came from.
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService, type ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { version } from "@pulumi/pulumi/version";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { about, installDependencies, programDependencies } from "./project";
import { runProgram } from "./runProgram";

/** How often to look whether the engine is still there. */
const PARENT_POLL_MS = 500;

const cancelled = new AbortController();

/** The part of the service that a Node.js program needs. What is left out (code generation) answers "unimplemented". */
function service(engineAddress: string): Partial<ILanguageRuntimeServer> {
  return {
    handshake: (call, done) => {
      engineAddress = call.request.getEngineAddress();
      done(null, new language.LanguageHandshakeResponse());
    },
    getPluginInfo: (_call, done) => done(null, new PluginInfo().setVersion(version)),
    // The plugins are there already: each resource names its plugin and version when it is registered.
    getRequiredPlugins: (_call, done) => done(null, new language.GetRequiredPluginsResponse()),
    getRequiredPackages: (_call, done) => done(null, new language.GetRequiredPackagesResponse()),
    run: answer((request: language.RunRequest) => runProgram(request, engineAddress, cancelled.signal)),
    installDependencies,
    runtimeOptionsPrompts: (_call, done) => done(null, new language.RuntimeOptionsResponse()),
    template: (_call, done) => done(null, new language.TemplateResponse()),
    about: answer(about),
    getProgramDependencies: answer(programDependencies),
    cancel: (_call, done) => {
      cancelled.abort();
      done(null, new Empty());
    },
  };
}

function answer<Request, Response>(handler: (request: Request) => Promise<Response>): grpc.handleUnaryCall<Request, Response> {
  return (call, done) => {
    handler(call.request).then(
      (response) => done(null, response),
      (problem: unknown) => done({ code: grpc.status.UNKNOWN, message: String(problem) }),
    );
  };
}

function serve(engineAddress: string): void {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(LanguageRuntimeService, service(engineAddress) as ILanguageRuntimeServer);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (problem, port) => {
    if (problem) {
      throw problem;
    }
    // The engine reads the port from the first line and waits for it.
    process.stdout.write(`${port}\n`);
  });
}

/** Ends this process, and with it the program it runs, as soon as the engine is gone, however it went. */
function endWithTheEngine(): void {
  const stop = () => {
    cancelled.abort();
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const engine = process.ppid;
  setInterval(() => {
    if (process.ppid !== engine) {
      stop();
    }
  }, PARENT_POLL_MS);
}

// The engine puts flags of its own (`-v=3`, `--tracing URL`) before the one argument that counts, its address.
serve(process.argv.slice(2).at(-1) ?? "");
endWithTheEngine();
