// What a step has at hand, for a test that calls a part of one in its own process.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StepContext } from "../../../steps/context";
import { Children } from "../../../steps/operator/children";
import { createProgress } from "../../../steps/progress";

export interface TestContext extends StepContext {
  /** What was said so far. */
  said(): string;
  end(): Promise<void>;
}

/** @param folder the test's own, which outlives the context */
export function testContext(folder: string): TestContext {
  const workspace = mkdtempSync(join(folder, "context-"));
  const lines: string[] = [];
  const children = new Children();
  return {
    project: folder,
    workspace,
    progress: createProgress({ machine: "devserver", secrets: [], write: (line) => lines.push(line) }),
    children,
    said: () => lines.join("\n"),
    end: async () => {
      await children.endAll();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}
