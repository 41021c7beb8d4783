// Who may speak to the emulator. It listens on the loopback interface, but every page open in a browser on this computer can send requests
// there, and behind the API commands really run: a foreign page must neither order faults nor, by a name of its own that resolves to
// 127.0.0.1 (DNS rebinding), create machines.
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../model/errors";

/** Names that cannot be an attacker's: nobody can register them in the public DNS. */
const PRIVATE_NAME = /^(?:[^.]+|.+\.localhost|.+\.internal)$/;

/**
 * Refuses requests under a foreign host name, and outside of the API those that another site's page has sent.
 *
 * @param allowedHosts further names under which the emulator is reached, e.g. `emulator.example.org`
 */
export function guard(app: FastifyInstance, allowedHosts: readonly string[] = []): void {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));

  app.addHook("onRequest", (request, _reply, done) => {
    done(refusalOf(request, (name) => allowed.has(name) || isIP(name) !== 0 || PRIVATE_NAME.test(name)));
  });
}

function refusalOf(request: FastifyRequest, isOurs: (name: string) => boolean): ApiError | undefined {
  const { host, origin } = request.headers;
  if (host !== undefined && !isOurs(nameIn(host))) {
    return new ApiError(403, "forbidden", `this emulator does not answer to the name ${nameIn(host)}; allow it with --allow-host`);
  }
  const isApi = request.url.startsWith("/v1/");
  if (!isApi && origin !== undefined && hostIn(origin) !== host) {
    return new ApiError(403, "forbidden", "requests from pages of other sites are refused");
  }
  return undefined;
}

/** `[::1]:80`, `localhost:80` or `localhost` without brackets and port. */
function nameIn(host: string): string {
  return host
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

function hostIn(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // `null`: a page that hides where it is from
  }
}
