import type { Location } from "../types";

export type { Location };

export const LOCATIONS = ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"] as const satisfies readonly Location[];

/** The cities by which people know the locations. */
const CITIES = new Map<string, Location>([
  ["falkenstein", "fsn1"],
  ["nuremberg", "nbg1"],
  ["nürnberg", "nbg1"],
  ["helsinki", "hel1"],
  ["ashburn", "ash"],
  ["hillsboro", "hil"],
  ["singapore", "sin"],
]);

export function isEuropean(location: Location): boolean {
  return ["fsn1", "nbg1", "hel1"].includes(location);
}

/** Words for those who wrote a data centre or a city instead of a location. */
export function whyNotLocation(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  const location = locationOfDatacenter(raw);
  if (location !== undefined)
    return `is a data centre, and Hetzner's API no longer knows these (since July 2026). Use location: ${location}.`;
  const city = CITIES.get(raw.toLowerCase());
  return city === undefined ? undefined : `is a city. Use location: ${city}.`;
}

/** Words for the key that Hetzner's API had until July 2026 (facts 3.4). */
export function whyNotDatacenter(raw: unknown): string {
  const location = typeof raw === "string" ? locationOfDatacenter(raw) : undefined;
  return `is gone: Hetzner's API no longer knows data centres. Use location: ${location ?? "fsn1"}${location === undefined ? ", for example" : ""}.`;
}

/** `fsn1` for `fsn1-dc14`. */
function locationOfDatacenter(text: string): Location | undefined {
  return LOCATIONS.find((location) => new RegExp(`^${location}-dc\\d+$`).test(text));
}
