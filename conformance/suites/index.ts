// Every suite. Another one: a file here that exports a `Suite`, and a line below.
import type { Suite } from "../suite";
import { go } from "./go";
import { python } from "./python";

export const suites: readonly Suite[] = [python, go];
