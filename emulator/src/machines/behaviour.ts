// What a machine does, bound to what it is. `machine.ts` knows only that somebody boots it and answers it, so that nothing there leads
// back to it in a circle.
import { bootFromDisk } from "./boot/fromDisk";
import { bootInstaller } from "./boot/installer";
import type { Behaviour } from "./machine";
import { answer } from "./requests";

export const behaviour: Behaviour = { bootFromDisk, bootInstaller, answer };
