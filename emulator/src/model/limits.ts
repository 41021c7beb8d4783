// How much an account may have. Without limits, as much as there is room for.
import { ApiError } from "./errors";
import type { Project } from "./project";

/** What can be limited, and how much of it a project has. */
const COUNTS = {
  servers: ({ servers }: Project) => servers.size,
  volumes: ({ volumes }: Project) => volumes.size,
  ssh_keys: ({ sshKeys }: Project) => sshKeys.size,
  firewalls: ({ firewalls }: Project) => firewalls.size,
  primary_ips: ({ primaryIps }: Project) => primaryIps.size,
  floating_ips: ({ floatingIps }: Project) => floatingIps.size,
  networks: ({ networks }: Project) => networks.size,
  placement_groups: ({ placementGroups }: Project) => placementGroups.size,
  certificates: ({ certificates }: Project) => certificates.size,
  load_balancers: ({ loadBalancers }: Project) => loadBalancers.size,
  zones: ({ zones }: Project) => zones.size,
  /** Snapshots and backups. */
  images: ({ images }: Project) => images.size,
};

export type Limited = keyof typeof COUNTS;
export const LIMITED = Object.keys(COUNTS) as Limited[];

/** Which request makes one more. */
const MADE_BY = new Map<string, Limited>([
  ...LIMITED.map((name): [string, Limited] => [`/${name}`, name]),
  ["/servers/:id/actions/create_image", "images"],
]);

export class Limits {
  private readonly most = new Map<Limited, number>();

  /**
   * @param most how many a project may have; leave out for no limit
   * @example `cloud.limits.set("servers", 10)`
   */
  set(resource: Limited, most?: number): void {
    if (most === undefined) this.most.delete(resource);
    else this.most.set(resource, most);
  }

  /** What is limited at the moment. */
  list(): { resource: Limited; most: number }[] {
    return [...this.most].map(([resource, most]) => ({ resource, most }));
  }

  /**
   * @param route of a request that may make something, e.g. `/servers`
   * @throws ApiError `resource_limit_exceeded`
   */
  requireRoom(project: Project, route: string): void {
    const resource = MADE_BY.get(route);
    const most = resource && this.most.get(resource);
    if (resource === undefined || most === undefined || COUNTS[resource](project) < most) return;
    const name = `${resource.replace(/s$/, "")}_limit`;
    throw new ApiError(403, "resource_limit_exceeded", `${resource.replace(/_/g, " ")} limit of ${most} exceeded`, { limits: [{ name }] });
  }
}
