// What a rule of a firewall may say.
import { isIP } from "node:net";
import { z } from "zod";

const MAX_RULES = 50;

const network = z.string().refine(isNetwork, "is not a network in CIDR notation without host bits");

const rule = z
  .object({
    direction: z.enum(["in", "out"]),
    protocol: z.enum(["tcp", "udp", "icmp", "esp", "gre"]),
    port: z.string().nullish(),
    source_ips: z.array(network).max(100).default([]),
    destination_ips: z.array(network).max(100).default([]),
    description: z.string().max(255).nullish(),
  })
  .superRefine((given, context) => {
    const problem = (field: string, message: string): void => context.addIssue({ code: "custom", path: [field], message });
    const hasPort = given.protocol === "tcp" || given.protocol === "udp";
    if (hasPort && !given.port) problem("port", `is required for ${given.protocol}`);
    if (!hasPort && given.port) problem("port", `is not allowed for ${given.protocol}`);
    if (given.port && !isPortRange(given.port)) problem("port", "must be 'any', a port, or a range like '80-85'");
    if (given.direction === "in" && given.source_ips.length === 0) problem("source_ips", "is required for direction in");
    if (given.direction === "out" && given.destination_ips.length === 0) problem("destination_ips", "is required for direction out");
  })
  .transform((given) => ({ ...given, port: given.port ?? null, description: given.description ?? null }));

export const rules = z.array(rule).max(MAX_RULES);

function isPortRange(text: string): boolean {
  if (text === "any") return true;
  const [from, to, ...rest] = text.split("-").map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : NaN));
  const isPort = (port: number | undefined): boolean => port !== undefined && port >= 1 && port <= 65_535;
  return rest.length === 0 && isPort(from) && (to === undefined || (isPort(to) && Number(from) < to));
}

function isNetwork(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= (family === 4 ? 32 : 128);
}
