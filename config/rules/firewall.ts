import { firewallRules } from "../firewall";
import { isObject } from "../reading/read";
import type { Subject } from "./subject";

/** Hetzner takes no more for one firewall. */
const MOST_RULES = 50;

/** Ports where the protocol has ports, ranges that go up, and no more rules than there is room for. */
export function checkFirewall({ written: { firewall }, at, problems }: Subject): void {
  if (!isObject(firewall)) return;
  const place = [...at, "firewall", "allow"];
  const allow = firewall.allow ?? [];
  allow.forEach((rule, index) => {
    const portPlace = [...place, index, "port"];
    if (rule === undefined || problems.touch(portPlace) || problems.touch([...place, index, "protocol"])) return;
    const { port, protocol = "tcp" } = rule;
    const hasPorts = protocol === "tcp" || protocol === "udp";
    if (hasPorts && port === undefined)
      problems.add(portPlace, `is required for ${protocol}: a port from 1 to 65535, or "1-65535" for all.`);
    if (!hasPorts && port !== undefined) problems.add(portPlace, `is there, but ${protocol} has no ports. Take the line out.`);
    if (port !== undefined && !isRange(port)) {
      problems.add(portPlace, `is ${port}, but ports go from 1 to 65535, and a range from the lower to the higher one.`);
    }
  });
  const room = MOST_RULES - firewallRules([], 1).length;
  if (allow.length > room)
    problems.add(
      place,
      `has ${allow.length} rules, but there is room for ${room}: Hetzner takes ${MOST_RULES}, and the program needs the others.`,
    );
}

function isRange(port: string | number): boolean {
  const [from = 0, to = from] = String(port).split("-").map(Number);
  return from >= 1 && from <= to && to <= 65535;
}
