// The project's own scripts on a real kernel: in a virtual machine of Debian's kernel, with volumes that come, grow and go as at Hetzner.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checks } from "../kernel/checks";
import { runCheck } from "../kernel/checks/run";
import { Lab } from "../kernel/lab";
import { virtualMachineParts } from "../kernel/parts";
import { type Context, type Findings, Skipped, type Suite } from "../suite";

export const kernel: Suite = {
  name: "kernel",
  what: "the remote scripts on a real kernel: growth of mounted volumes, LUKS that is really opened, at boot too",
  run,
};

async function run({ cache, env, download, detail }: Context): Promise<Findings> {
  const parts = await virtualMachineParts({ cache, env, download, detail });
  const folder = await mkdtemp(join(tmpdir(), "conformance-kernel-"));
  try {
    detail("booting");
    const lab = await Lab.open(parts, env, folder);
    const findings: Findings = { versions: parts.versions, facts: [], problems: [] };
    try {
      for (const [index, check] of checks.entries()) {
        detail(`${index + 1} of ${checks.length}: ${check.name}`);
        await runCheck(lab, check).catch((problem: unknown) => {
          if (problem instanceof Skipped) findings.facts.push(`SKIPPED, ${problem.message}: ${check.name}`);
          else findings.problems.push(`${check.name}: ${problem instanceof Error ? problem.message : String(problem)}`);
        });
      }
      findings.facts.unshift(`${checks.length - findings.problems.length - findings.facts.length} of ${checks.length} checks`);
      return findings;
    } finally {
      await lab.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
