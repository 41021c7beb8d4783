// The API as it was on a day: what changed in its answers and rules, and when.

/** Days on which the API changed, from its changelog. */
const CHANGES = {
  /** `server_types[].locations[]` say whether a type is available and recommended. */
  stockByLocation: "2026-04-01",
  /** A primary IP can be created without saying what for. */
  optionalAssigneeType: "2026-04-27",
  /** An address that somebody has can not be deleted; before, deleting unassigned it. */
  unassignBeforeDelete: "2026-05-01",
  /** Servers and primary IPs have a location and no `datacenter` any more, and none can be asked for. */
  noDatacenterOfResources: "2026-07-01",
  /** A primary IP that nobody has says `unassigned`; before, `server`. */
  unassignedPrimaryIps: "2026-08-01",
  /** `image.deprecation` beside `image.deprecated`. */
  imageDeprecation: "2026-09-08",
  /** `GET /networks/:id/members`. */
  networkMembers: "2026-09-15",
  /** `GET /datacenters` answers 410. */
  noDatacenters: "2026-10-02",
  /** Load balancers may be created with primary IPs, and deleting one is an action. */
  loadBalancerPrimaryIps: "2026-10-05",
} as const;

export type Change = keyof typeof CHANGES;

/** Which of the API's changes have happened. */
export class History {
  /**
   * @param date the day whose API is served, `2026-02` (its first day) or `2026-02-17`; today's without
   * @throws Error when it is no such date
   */
  constructor(private readonly date?: string) {
    if (date !== undefined && !isDate(date))
      throw new Error(`'${date}' is no date of the API: write a month like 2026-02, or a day like 2026-02-17`);
  }

  /** @example `history.has("noDatacenters")` */
  has(change: Change): boolean {
    return this.date === undefined || day(this.date) >= CHANGES[change];
  }
}

const day = (date: string): string => (date.length === 7 ? `${date}-01` : date);

function isDate(date: string): boolean {
  if (!/^\d{4}-\d{2}(-\d{2})?$/.test(date)) return false;
  const parsed = new Date(`${day(date)}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}
