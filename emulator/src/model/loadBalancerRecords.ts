// What is remembered of a load balancer.
import { z } from "zod";
import { deleteProtection, id, location, named } from "./records";

const healthCheck = z.strictObject({
  protocol: z.enum(["tcp", "http"]),
  port: z.int(),
  /** Seconds. */
  interval: z.int(),
  /** Seconds. */
  timeout: z.int(),
  retries: z.int(),
  http: z
    .strictObject({
      domain: z.string().nullable(),
      path: z.string(),
      response: z.string(),
      status_codes: z.array(z.string()),
      tls: z.boolean(),
    })
    .optional(),
});
export type HealthCheck = z.infer<typeof healthCheck>;

/** As the API writes it, so that it is written in one way only. */
const service = z.strictObject({
  protocol: z.enum(["tcp", "http", "https"]),
  listen_port: z.int(),
  destination_port: z.int(),
  proxyprotocol: z.boolean(),
  health_check: healthCheck,
  http: z
    .strictObject({
      cookie_name: z.string(),
      /** Seconds. */
      cookie_lifetime: z.int(),
      /** Seconds. */
      timeout_idle: z.int(),
      sticky_sessions: z.boolean(),
      certificates: z.array(id),
      redirect_http: z.boolean(),
    })
    .optional(),
});
export type Service = z.infer<typeof service>;

const target = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("server"),
    server: id,
    /** One of the server's public addresses, where one was asked for. */
    ip: z.string().nullable(),
    usePrivateIp: z.boolean(),
  }),
  z.strictObject({ type: z.literal("label_selector"), selector: z.string(), usePrivateIp: z.boolean() }),
  z.strictObject({ type: z.literal("ip"), ip: z.string() }),
]);
export type Target = z.infer<typeof target>;

export const loadBalancer = z.strictObject({
  ...named,
  /** Id of the load balancer type. */
  type: id,
  location,
  algorithm: z.enum(["round_robin", "least_connections"]),
  publicInterface: z.boolean(),
  /** Addresses of its own; null where a primary IP takes their place. */
  ipv4: z.string().nullable(),
  /** A network like `2001:db8:0:1::/64`, of which it has the first address. */
  ipv6: z.string().nullable(),
  dnsPtr: z.record(z.string(), z.string()),
  privateNet: z.array(z.strictObject({ network: id, ip: z.string() })),
  services: z.array(service),
  targets: z.array(target),
  protection: deleteProtection,
});
export type LoadBalancer = z.infer<typeof loadBalancer>;
