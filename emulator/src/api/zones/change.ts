import { countUp } from "../../model/dns/zone";
import type { Zone } from "../../model/zoneRecords";
import { begin } from "../actions";
import type { Answer, Call } from "../route";

/**
 * Starts an action on a zone. A zone is never locked: the Terraform provider asks for its protection while it is still being created, and
 * for the times and the records of a set at once.
 */
export function changeZone(call: Call<unknown>, zone: Zone, command: string, effect: (zone: Zone) => unknown, more: object = {}): Answer {
  const step = {
    command,
    resources: [{ type: "zone", id: zone.id }],
    seconds: call.world.latencies.action,
    effect: () => {
      effect(zone);
      countUp(call.world, zone);
    },
  };
  return begin(call, step, more);
}
