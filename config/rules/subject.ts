import type { ConfigContext } from "../context";
import type { Partially } from "../reading/read";
import type { Path, Problems } from "../reading/problems";
import type { WrittenMachine } from "../schema";

/** One machine as a rule sees it: whatever is right of it so far. */
export interface Subject {
  name: string;
  written: Partially<WrittenMachine>;
  /** Where it stands in the configuration. */
  at: Path;
  context: ConfigContext;
  problems: Problems;
}
