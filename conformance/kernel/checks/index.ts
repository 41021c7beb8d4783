// Every check.
import type { Check } from "../lab";
import { boot } from "./boot";
import { devices } from "./devices";
import { encryption } from "./encryption";
import { growth } from "./growth";

export const checks: readonly Check[] = [...growth, ...encryption, ...devices, ...boot];
