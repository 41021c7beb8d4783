// The metadata service as a machine reaches it: a web server of the emulator's that listens in the machine's own network.
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Server } from "node:net";
import type { Namespace } from "../namespace";

// A process listens in the machine's network, hands the socket over, and is gone. Its standing there is what makes the socket the
// machine's: a process of the emulator cannot listen in another network than its own. Its line to the emulator is all that keeps it alive:
// Node.js does not say "disconnect" of a line that was cut before the program began.
export const LISTEN = [
  'const server = require("node:net").createServer();',
  'server.on("error", (error) => { console.error(error.message); process.exit(1); });',
  'process.on("disconnect", () => process.exit());',
  'server.listen(Number(process.argv[2]), process.argv[1], () => process.send("", server));',
  "server.unref();",
].join("\n");

export class MetadataService {
  private constructor(
    private readonly http: HttpServer,
    private readonly socket: Server,
  ) {}

  /**
   * @param answer to a path; undefined for what there is not
   * @throws Error when nobody can listen there, e.g. because `ip` is not installed on this computer
   */
  static async start(namespace: Namespace, answer: (path: string) => string | undefined): Promise<MetadataService> {
    const http = createServer((request, response) => {
      const text = request.method === "GET" || request.method === "HEAD" ? answer(pathOf(request)) : undefined;
      response.writeHead(text === undefined ? 404 : 200, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(text ?? "not found\n");
    });
    const socket = await listenIn(namespace);
    socket.on("connection", (connection) => http.emit("connection", connection));
    socket.unref();
    return new MetadataService(http, socket);
  }

  close(): void {
    this.http.closeAllConnections();
    this.socket.close();
  }
}

function listenIn(namespace: Namespace): Promise<Server> {
  const [program = "", ...args] = namespace.inNetwork([process.execPath, "-e", LISTEN, "169.254.169.254", "80"]);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], detached: true });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    let socket: Server | undefined;
    child.once("message", (_message, handle) => {
      socket = handle as Server;
      child.disconnect();
    });
    // Not before it is gone: until then connections may be its own.
    child.once("exit", () => {
      if (socket) resolve(socket);
      else reject(new Error(`no metadata service: ${complaint.trim() || "the machine is off"}`));
    });
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0]?.replace(/(?<=.)\/+$/, "") ?? "";
}
