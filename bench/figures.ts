import { emulatorLoad } from "./emulatorLoad";
import type { Figure } from "./figure";
import { firstUp } from "./firstUp";
import { noChange } from "./noChange";
import { recreateFigures } from "./recreate";
import { start } from "./start";
import { switchFigure } from "./switch";
import { terraformFigure } from "./terraform/figure";

/** All benchmarks, in the order in which they are run. */
export const figures: Figure[] = [...recreateFigures, terraformFigure, switchFigure, noChange, start, firstUp, emulatorLoad];
