// The HTTP side: who asks, what for, and how answers and refusals look.
import { randomBytes } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { ApiError } from "../model/errors";
import type { Project } from "../model/project";
import type { World } from "../model/world";
import { actionRoutes } from "./actions";
import { catalogueRoutes } from "./catalogue";
import { certificateRoutes } from "./certificates";
import { datacenterRoutes } from "./datacenters";
import { firewallRoutes } from "./firewalls";
import { floatingIpRoutes } from "./ips/floating";
import { imageRoutes } from "./images";
import { loadBalancerRoutes } from "./loadBalancers";
import { networkRoutes } from "./networks";
import { placementGroupRoutes } from "./placementGroups";
import { primaryIpRoutes } from "./ips/primary";
import { Query } from "./query";
import type { RateLimit } from "./rateLimit";
import type { Answer, Route } from "./route";
import { serverRoutes } from "./servers";
import { sshKeyRoutes } from "./sshKeys";
import type { Tokens } from "./tokens";
import { volumeRoutes } from "./volumes";
import { Polls } from "./polls";
import { zoneRoutes } from "./zones";

const BASE = "/v1";

export const routes: Route[] = [
  ...actionRoutes,
  ...catalogueRoutes,
  ...datacenterRoutes,
  ...imageRoutes,
  ...sshKeyRoutes,
  ...serverRoutes,
  ...volumeRoutes,
  ...firewallRoutes,
  ...primaryIpRoutes,
  ...floatingIpRoutes,
  ...networkRoutes,
  ...placementGroupRoutes,
  ...certificateRoutes,
  ...zoneRoutes,
  ...loadBalancerRoutes,
];

export interface ApiOptions {
  world: World;
  tokens: Tokens;
  rateLimit: RateLimit;
  /** Resolves when what has changed is safe. */
  saved: () => Promise<void>;
}

/** The web server with all of the API's routes under `/v1`; not listening yet. */
export function createApi({ world, tokens, rateLimit, saved }: ApiOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  const polls = new Polls(world);
  readAnyJson(app);

  app.addHook("onRequest", async (request, reply) => {
    if (!request.url.startsWith(`${BASE}/`)) return;
    reply.header("X-Correlation-Id", randomBytes(8).toString("hex"));
    const left = rateLimit.take(tokens.callerOf(request.headers.authorization));
    reply.headers(left.headers);
    if (left.exceeded) await refuse(reply, new ApiError(429, "rate_limit_exceeded", "limit of requests per hour reached"));
  });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) => refuse(reply, asApiError(error)));
  app.setNotFoundHandler((request, reply) => refuse(reply, routeError(tokens, request)));

  for (const route of routes) {
    app.route({
      method: route.method,
      url: BASE + route.path,
      handler: (request, reply) => handle(route, request, reply),
    });
  }

  async function handle(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const path = request.url.slice(BASE.length).split("?")[0] ?? "";
    const name = { route: `${route.method} ${route.path}`, path: `${route.method} ${path}` };
    try {
      const project = tokens.projectFor(world, request.headers.authorization, route.method);
      await polls.arrive(route.method, request.url);
      await world.faults.before(name);
      const answer = await polls.busy(route.method, () => answerOf(route, request, project));
      if (route.method !== "GET") {
        await world.machineNetworks.tell();
        await saved();
      }
      const cut = await world.faults.after(name);
      world.journal.add({ kind: "api", text: name.route, path, status: answer.status });
      if (cut) {
        request.raw.socket.destroy();
        reply.hijack();
        return;
      }
      await send(reply, answer);
    } catch (error) {
      const refusal = asApiError(error);
      world.journal.add({ kind: "api", text: name.route, path, status: refusal.status });
      await refuse(reply, refusal);
    }
  }

  async function answerOf(route: Route, request: FastifyRequest, project: Project): Promise<Answer> {
    const params = request.params as Record<string, string>;
    const [path = "", query = ""] = request.url.split("?");
    const id = params["id"] === undefined ? 0 : Number(params["id"]);
    if (!Number.isSafeInteger(id)) throw new ApiError(404, "not_found", `'${params["id"] ?? ""}' is not an id`);
    return route.handle({
      world,
      project,
      id,
      params,
      query: new Query(new URLSearchParams(query)),
      body: request.body,
      url: `${request.protocol}://${request.host}${path}`,
    });
  }

  return app;
}

/** Some clients send actions without a body but with the type of one, or a body without its type. */
function readAnyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(new ApiError(400, "json_error", "the request body is not valid JSON"));
    }
  });
}

async function send(reply: FastifyReply, answer: Answer): Promise<void> {
  reply.status(answer.status).headers(answer.headers ?? {});
  if (answer.body === undefined) await reply.send();
  else await reply.type("application/json; charset=utf-8").send(JSON.stringify(answer.body));
}

async function refuse(reply: FastifyReply, { status, code, message, details }: ApiError): Promise<void> {
  // `details` is always there: version 1.60 of the Terraform provider crashes without it.
  const body = JSON.stringify({ error: { code, message, details } });
  await reply.status(status).type("application/json; charset=utf-8").send(body);
}

/** The route is looked up before the token: an unknown one is 404 for everybody, a wrong method 401 or 405. */
function routeError(tokens: Tokens, request: FastifyRequest): ApiError {
  const path = (request.url.split("?")[0] ?? "").slice(BASE.length).split("/");
  const known = request.url.startsWith(`${BASE}/`) && routes.some((route) => isSamePath(route.path.split("/"), path));
  if (!known) return new ApiError(404, "not_found", "api route not found");
  try {
    tokens.check(request.headers.authorization);
  } catch (error) {
    return asApiError(error);
  }
  return new ApiError(405, "method_not_allowed", `method ${request.method} is not allowed here`);
}

function isSamePath(pattern: string[], path: string[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part.startsWith(":") || part === path[index]);
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error)) return new ApiError(500, "server_error", String(error));
  const { message, code, statusCode = 500 } = error as Error & { code?: string; statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new ApiError(413, "invalid_input", "the request body is too large");
  // A method without routes, of which the web server minds something else first.
  if (code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE") return new ApiError(405, "method_not_allowed", "this method is not allowed here");
  // What the web server refuses by itself is the fault of whoever asked.
  if (statusCode >= 400 && statusCode < 500) return new ApiError(statusCode, "invalid_input", message);
  return new ApiError(500, "server_error", message);
}
