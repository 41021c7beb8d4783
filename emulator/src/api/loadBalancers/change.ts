import type { LoadBalancer } from "../../model/loadBalancerRecords";
import type { Action } from "../../model/records";
import { begin } from "../actions";
import type { Answer, Call } from "../route";

interface Change {
  /** What else it is about. */
  resources?: Action["resources"];
  effect?: () => unknown;
  /** Takes back what was done at once, when the action fails. */
  undo?: () => unknown;
}

/** Starts an action on a load balancer. None is kept waiting by another: the Terraform provider asks for several services and targets at once. */
export function changeBalancer(call: Call<unknown>, { id }: LoadBalancer, command: string, change: Change): Answer {
  return begin(call, {
    command,
    resources: [{ type: "load_balancer", id }, ...(change.resources ?? [])],
    seconds: call.world.latencies.action,
    locks: [],
    effect: () => void change.effect?.(),
    undo: () => void change.undo?.(),
  });
}
