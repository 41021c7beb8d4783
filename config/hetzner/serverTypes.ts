// What is known about Hetzner's server types beforehand, so that a mistake is told before a request is made. It is not the list of
// what can be ordered: that changes by the week, so a type that is not known here is let through and the API decides.
import { isEuropean, type Location } from "./locations";
import { nearest } from "../reading/nearest";
import type { System } from "../types";

/** For suggestions only. Sizes and prices are the API's to tell. */
const CURRENT_TYPES = [
  ...["cx23", "cx33", "cx43", "cx53"],
  ...["cpx12", "cpx22", "cpx32", "cpx42", "cpx52", "cpx62"],
  ...["cax11", "cax21", "cax31", "cax41"],
  ...["ccx13", "ccx23", "ccx33", "ccx43", "ccx53", "ccx63"],
];

/** Types that cannot be ordered anywhere any more, and what took their place (facts 3.4). */
const RETIRED: Record<string, string> = {
  ...{ cx11: "cx23", cx21: "cx23", cx31: "cx33", cx41: "cx43", cx51: "cx53" },
  ...{ cx22: "cx23", cx32: "cx33", cx42: "cx43", cx52: "cx53" },
};

/** The first CPX generation is retired location by location: in Europe for certain, overseas the API knows. */
const RETIRED_IN_EUROPE: Record<string, string> = { cpx11: "cpx12", cpx21: "cpx22", cpx31: "cpx32", cpx41: "cpx42", cpx51: "cpx62" };

/** Families that were only ever built in Europe. */
const EUROPEAN_ONLY = /^(cx|cax)\d/;

/** Nix's name for the architecture of a server type: `cax` is Ampere's Arm, all others are x86. */
export function systemOf(serverType: string): System {
  return serverType.startsWith("cax") ? "aarch64-linux" : "x86_64-linux";
}

/** Words for what does not look like a server type at all, e.g. `CX23` or `cx-23`. */
export function whyNotTypeName(raw: unknown): string | undefined {
  const guess = typeof raw === "string" ? nearest(raw, CURRENT_TYPES) : undefined;
  return guess === undefined ? undefined : `is no name of a server type. Did you mean ${guess}?`;
}

/**
 * Says why no server of this type can be had, as far as that is known.
 *
 * @param location undefined where the configuration has no valid one
 */
export function whyNotServerType(serverType: string, location: Location | undefined): string | undefined {
  const successor = lookUp(RETIRED, serverType);
  if (successor !== undefined) return `is ${serverType}, which Hetzner no longer offers. Its successor is ${successor}.`;

  const european = location === undefined || isEuropean(location);
  const europeanSuccessor = lookUp(RETIRED_IN_EUROPE, serverType);
  if (european && europeanSuccessor !== undefined) {
    return `is ${serverType}, which Hetzner no longer offers in Europe. Its successor is ${europeanSuccessor}.`;
  }
  if (location !== undefined && !european && EUROPEAN_ONLY.test(serverType)) {
    return `is ${serverType}, which Hetzner has in fsn1, nbg1 and hel1 only, and not in ${location}. Use a cpx or ccx type there, or one of these locations.`;
  }
  return undefined;
}

function lookUp(table: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
