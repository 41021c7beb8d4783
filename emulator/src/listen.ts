import { type AddressInfo, isIPv6 } from "node:net";
import type { FastifyInstance } from "fastify";

/** @returns the address by which this computer reaches it, e.g. `http://127.0.0.1:40123` */
export async function listen(api: FastifyInstance, { host = "127.0.0.1", port = 0 }: { host?: string; port?: number }): Promise<string> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    throw new Error(wordsFor(error as NodeJS.ErrnoException, host, port), { cause: error });
  }
  const bound = api.server.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${bound.port}`;
}

function wordsFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const nothing = "Nothing was started.";
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} of ${host} is taken by another program. ${nothing} Give another port, or 0 for a free one.`;
    case "EACCES":
      return `port ${port} may be opened by root only. ${nothing} Give one above 1023, or 0 for a free one.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is no address of this computer. ${nothing}`;
    default:
      return `cannot listen on port ${port} of ${host}: ${message}. ${nothing}`;
  }
}
