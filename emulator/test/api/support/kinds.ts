// Every kind of resource that a customer makes, with an order for one.
import type { Cloud } from "./cloud";

/** What all resources have; the rest is looked at where it is needed. */
export interface ResourceJson {
  id: number;
  name: string | null;
  labels: Record<string, string>;
  [more: string]: unknown;
}

/** By path, an order that is always granted; `{name}` and labels are added. */
export const ORDERS: Record<string, object> = {
  servers: { server_type: "cx23", image: "debian-13", location: "fsn1", start_after_create: false },
  volumes: { size: 10, location: "fsn1" },
  firewalls: {},
  primary_ips: { type: "ipv4", location: "fsn1" },
  floating_ips: { type: "ipv4", home_location: "fsn1" },
  networks: { ip_range: "10.0.0.0/16", subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.0.0/24" }] },
  placement_groups: { type: "spread" },
  load_balancers: { load_balancer_type: "lb11", location: "fsn1" },
  zones: { mode: "primary" },
  certificates: { type: "managed", domain_names: ["example.com"] },
};
export const KINDS = Object.keys(ORDERS);
/** That are sorted by name too; all are by id. */
export const SORTED_BY_NAME = KINDS.filter((kind) => !["floating_ips", "primary_ips"].includes(kind));

export type Everything = Record<string, ResourceJson[]>;

/** All pages of a list. */
export async function whole(cloud: Cloud, kind: string, query = "", perPage = 50): Promise<ResourceJson[]> {
  type Page = Record<string, ResourceJson[]> & { meta: { pagination: { next_page: number | null; total_entries: number } } };
  const found: ResourceJson[] = [];
  for (let page: number | null = 1; page !== null;) {
    const reply: Page = await cloud.do<Page>("GET", `/${kind}?per_page=${perPage}&page=${page}${query}`);
    found.push(...(reply[kind] ?? []));
    page = reply.meta.pagination.next_page;
  }
  return found;
}

export async function everything(cloud: Cloud): Promise<Everything> {
  return Object.fromEntries(await Promise.all(KINDS.map(async (kind) => [kind, await whole(cloud, kind)] as const)));
}
