import type { Figure } from "./figure";
import { recreateFigures } from "./recreate";

/** All benchmarks, in the order in which they are run. */
export const figures: Figure[] = [...recreateFigures];
