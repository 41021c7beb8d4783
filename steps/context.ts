import type { Children } from "./operator/children";
import type { Progress } from "./progress";

/** What every step has at hand, beside its document. */
export interface StepContext {
  /** Folder of the project, which relative paths of the document start from. */
  project: string;
  /** Private folder (0700) that is gone when the step ends. */
  workspace: string;
  progress: Progress;
  children: Children;
}
