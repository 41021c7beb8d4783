// What a load balancer listens to, and how it asks its targets whether they are well.
import { z } from "zod";
import { loadBalancerTypeById } from "../../catalogue/loadBalancerTypes";
import { ApiError, invalidField } from "../../model/errors";
import type { HealthCheck, LoadBalancer, Service } from "../../model/loadBalancerRecords";
import type { Project } from "../../model/project";
import { id } from "../fields";
import { post, type Route } from "../route";
import { changeBalancer } from "./change";
import { requireLoadBalancer } from "./present";

const port = z.int().min(1).max(65_535);
const protocol = z.enum(["tcp", "http", "https"]);

const healthHttp = z.object({
  domain: z
    .string()
    .max(128)
    .regex(/^[^\s%\\]*$/, "must not contain blanks, percent signs or backslashes")
    .nullish(),
  path: z.string().min(1).max(256).regex(/^\S+$/, "must not contain blanks").optional(),
  response: z.string().max(256).optional(),
  status_codes: z
    .array(z.string().regex(/^[0-9?*]{1,3}$/, "is not a status code like 200 or 2??"))
    .max(20)
    .optional(),
  tls: z.boolean().optional(),
});

const healthCheck = z.object({
  protocol: z.enum(["tcp", "http"]).optional(),
  port: port.optional(),
  interval: z.int().min(3).max(60).optional(),
  timeout: z.int().min(1).max(60).optional(),
  retries: z.int().min(1).max(5).optional(),
  http: healthHttp.nullish(),
});

const http = z.object({
  cookie_name: z.string().min(1).max(100).optional(),
  cookie_lifetime: z.int().min(30).max(86_400).optional(),
  timeout_idle: z.int().min(30).max(300).optional(),
  sticky_sessions: z.boolean().optional(),
  certificates: z.array(id).optional(),
  redirect_http: z.boolean().optional(),
});

const parts = {
  destination_port: port.optional(),
  proxyprotocol: z.boolean().optional(),
  http: http.nullish(),
  health_check: healthCheck.nullish(),
};
export const serviceBody = z.object({ protocol, listen_port: port.optional(), ...parts });
const changeBody = z.object({ protocol: protocol.optional(), listen_port: port, ...parts });

const PORTS = { tcp: undefined, http: { listen: 80, destination: 80 }, https: { listen: 443, destination: 80 } };

type Given = Omit<z.output<typeof serviceBody>, "protocol"> & { protocol: Service["protocol"] };

/** A whole service of what is given, of what there was before, and of the API's defaults. */
function complete(given: Given, before?: Service): Service {
  const usual = PORTS[given.protocol];
  const listen = given.listen_port ?? usual?.listen;
  const destination = given.destination_port ?? before?.destination_port ?? usual?.destination;
  if (listen === undefined) throw invalidField("listen_port", "is required for protocol tcp");
  if (destination === undefined) throw invalidField("destination_port", "is required for protocol tcp");
  const isHttps = given.protocol === "https";
  if (!isHttps && given.http?.redirect_http) throw invalidField("http.redirect_http", "is only for protocol https");
  if (!isHttps && (given.http?.certificates ?? []).length > 0) throw invalidField("http.certificates", "is only for protocol https");
  return {
    protocol: given.protocol,
    listen_port: listen,
    destination_port: destination,
    proxyprotocol: given.proxyprotocol ?? before?.proxyprotocol ?? false,
    health_check: completeCheck(given, destination, before?.health_check),
    ...(given.protocol === "tcp"
      ? {}
      : { http: completeHttp(given, isHttps ? before?.http : { ...before?.http, certificates: [], redirect_http: false }) }),
  };
}

function completeHttp({ http: given }: Given, before: Partial<NonNullable<Service["http"]>> = {}): NonNullable<Service["http"]> {
  return {
    cookie_name: given?.cookie_name ?? before.cookie_name ?? "HCLBSTICKY",
    cookie_lifetime: given?.cookie_lifetime ?? before.cookie_lifetime ?? 300,
    timeout_idle: given?.timeout_idle ?? before.timeout_idle ?? 50,
    sticky_sessions: given?.sticky_sessions ?? before.sticky_sessions ?? false,
    certificates: [...new Set(given?.certificates ?? before.certificates ?? [])],
    redirect_http: given?.redirect_http ?? before.redirect_http ?? false,
  };
}

function completeCheck({ health_check: given, protocol: of }: Given, destination: number, before?: HealthCheck): HealthCheck {
  const by = given?.protocol ?? before?.protocol ?? (of === "tcp" ? "tcp" : "http");
  const own = given?.http;
  return {
    protocol: by,
    port: given?.port ?? before?.port ?? destination,
    interval: given?.interval ?? before?.interval ?? 15,
    timeout: given?.timeout ?? before?.timeout ?? 10,
    retries: given?.retries ?? before?.retries ?? 3,
    ...(by === "http"
      ? {
          http: {
            domain: own?.domain ?? before?.http?.domain ?? "",
            path: own?.path ?? before?.http?.path ?? "/",
            response: own?.response ?? before?.http?.response ?? "",
            status_codes: own?.status_codes ?? before?.http?.status_codes ?? ["2??", "3??"],
            tls: own?.tls ?? before?.http?.tls ?? false,
          },
        }
      : {}),
  };
}

/**
 * A service that can stand beside the others.
 *
 * @throws ApiError when it cannot
 */
export function newService(project: Project, given: Given, others: Service[], type: number): Service {
  const service = complete(given);
  requireFits(project, service, others, type, 412);
  return service;
}

function requireFits(project: Project, service: Service, others: Service[], type: number, status: 412 | 422): void {
  const used = others.flatMap(portsOf);
  const taken = portsOf(service).find((each) => used.includes(each));
  if (taken !== undefined) throw new ApiError(status, "source_port_already_used", `source port ${taken} is already in use`);
  const { maxServices, maxCertificates, name } = loadBalancerTypeById(type);
  if (others.length + 1 > maxServices) throw tooMany(`a load balancer of type ${name} has at most ${maxServices} services`);
  const missing = service.http?.certificates.find((each) => !project.certificates.has(each));
  if (missing !== undefined) throw invalidField("http.certificates", `certificate '${missing}' not found`);
  const certificates = new Set([...others, service].flatMap((each) => each.http?.certificates ?? []));
  if (certificates.size > maxCertificates) throw tooMany(`a load balancer of type ${name} has at most ${maxCertificates} certificates`);
}

/** Who redirects http to https listens for http as well. */
const portsOf = ({ listen_port, http: settings }: Service): number[] => (settings?.redirect_http ? [listen_port, 80] : [listen_port]);

export const tooMany = (message: string): ApiError => new ApiError(403, "resource_limit_exceeded", message);

const add = post("/load_balancers/:id/actions/add_service", serviceBody, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const service = newService(call.project, call.body, loadBalancer.services, loadBalancer.type);
  // At once, so that a second one that comes meanwhile finds its port taken.
  loadBalancer.services.push(service);
  const undo = (): unknown => (loadBalancer.services = loadBalancer.services.filter((other) => other !== service));
  return changeBalancer(call, loadBalancer, "add_service", { undo });
});

const update = post("/load_balancers/:id/actions/update_service", changeBody, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const before = requireService(loadBalancer, call.body.listen_port);
  const service = complete({ ...call.body, protocol: call.body.protocol ?? before.protocol }, before);
  const others = loadBalancer.services.filter((other) => other !== before);
  requireFits(call.project, service, others, loadBalancer.type, 422);
  return changeBalancer(call, loadBalancer, "update_service", {
    effect: () =>
      (loadBalancer.services = loadBalancer.services.map((other) => (other.listen_port === service.listen_port ? service : other))),
  });
});

const removeService = post("/load_balancers/:id/actions/delete_service", z.object({ listen_port: port }), (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const service = requireService(loadBalancer, call.body.listen_port);
  return changeBalancer(call, loadBalancer, "delete_service", {
    effect: () => (loadBalancer.services = loadBalancer.services.filter(({ listen_port }) => listen_port !== service.listen_port)),
  });
});

function requireService({ id: of, services }: LoadBalancer, listenPort: number): Service {
  const found = services.find(({ listen_port }) => listen_port === listenPort);
  if (!found) throw new ApiError(404, "not_found", `load balancer ${of} has no service on port ${listenPort}`);
  return found;
}

export const serviceRoutes: Route[] = [add, update, removeService];
