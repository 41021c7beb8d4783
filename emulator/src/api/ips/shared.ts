// What primary and floating IPs have in common.
import { z } from "zod";
import type { Step } from "../../model/actions";
import { protectedFrom } from "../../model/errors";
import type { FloatingIp, PrimaryIp } from "../../model/records";
import { requireOwn, setPtr } from "../../model/reverseNames";
import type { World } from "../../model/world";
import { beginChange } from "../actions";
import { type Call, noContent, post, remove, type Route } from "../route";

type Ip = PrimaryIp | FloatingIp;
export type IpType = "primary_ip" | "floating_ip";

/** A move of an address to a server, or away from it. */
export function moveStep(world: World, type: IpType, ip: Ip, verb: "assign" | "unassign", server: number, effect: () => void): Step {
  const resources = [
    { type: "server", id: server },
    { type, id: ip.id },
  ];
  return { command: `${verb}_${type}`, resources, seconds: world.latencies.action, effect };
}

/** @param requireFree finds the address, and refuses while an action runs on it */
export function reverseNameRoute(type: IpType, requireFree: (call: Call<unknown>) => Ip): Route {
  return post(`/${type}s/:id/actions/change_dns_ptr`, z.object({ ip: z.string(), dns_ptr: z.string().nullable() }), (call) => {
    const ip = requireFree(call);
    requireOwn(ip, call.body.ip);
    return beginChange(call, type, ip.id, "change_dns_ptr", () => setPtr(ip, call.body.ip, call.body.dns_ptr));
  });
}

/**
 * @param requireFree finds the address, and refuses while an action runs on it
 * @param release frees it from whoever has it, or refuses
 * @param forget takes it away
 */
export function removeIpRoute<T extends Ip>(
  type: IpType,
  requireFree: (call: Call<unknown>) => T,
  release: (call: Call<unknown>, ip: T) => void,
  forget: (call: Call<unknown>, ip: T) => void,
): Route {
  return remove(`/${type}s/:id`, (call) => {
    const ip = requireFree(call);
    // The Terraform provider's own tests look for these words.
    if (ip.protection.delete) throw protectedFrom(type === "primary_ip" ? "Primary IP" : "Floating IP", "deletion");
    release(call, ip);
    forget(call, ip);
    return noContent();
  });
}
