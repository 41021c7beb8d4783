// Every suite. Another one: a file here that exports a `Suite`, and a line below.
import type { Suite } from "../suite";
import { go } from "./go";
import { hcloudCli } from "./hcloudCli";
import { kernel } from "./kernel";
import { nixosAnywhere } from "./nixosAnywhere";
import { python } from "./python";
import { schemathesis } from "./schemathesis";
import { terraform } from "./terraform";

export const suites: readonly Suite[] = [python, go, hcloudCli, terraform, schemathesis, nixosAnywhere, kernel];
