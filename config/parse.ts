import type { ConfigContext } from "./context";
import { quote, quoteNothing } from "./reading/quote";
import { type Problem, Problems } from "./reading/problems";
import { type Partially, read } from "./reading/read";
import { refuseSecrets } from "./reading/secrets";
import { report } from "./report";
import { resolve } from "./resolve";
import { checkAdmin, checkHasKeys } from "./rules/admin";
import { checkFirewall } from "./rules/firewall";
import { checkHealthChecks } from "./rules/healthChecks";
import { checkNamesApart } from "./rules/machines";
import { checkMountPoints } from "./rules/mountPoints";
import { checkServer } from "./rules/server";
import type { Subject } from "./rules/subject";
import { checkToken } from "./rules/token";
import { checkVolumes } from "./rules/volumes";
import { stackSchema, type WrittenStack } from "./schema";
import type { StackConfig } from "./types";

/** A configuration with mistakes; its message is the whole report. */
export class InvalidConfig extends Error {
  override readonly name = "InvalidConfig";

  constructor(
    readonly problems: readonly Problem[],
    stack: string,
  ) {
    super(report(problems, stack));
  }
}

/**
 * Checks the configuration of a stack and writes its defaults out.
 *
 * @param raw the keys below `nixos-vps:` with their parsed values
 * @throws {InvalidConfig} with all problems at once; no other error, whatever `raw` is
 *
 * @example
 * ```ts
 * const { machines } = parseConfig(
 *   { machines: { devserver: { serverType: "cx23", location: "fsn1" } }, admin: { sshKeys: ["ssh-ed25519 AAAA... me@laptop"] } },
 *   { stack: "dev", hosts: ["minimal.nix"], token: { from: "environment", value: token }, secretKeys: [] },
 * );
 * ```
 */
export function parseConfig(raw: Record<string, unknown>, context: ConfigContext): StackConfig {
  const problems = new Problems();
  const hasSecrets = refuseSecrets(raw, context, problems);
  const written = read(stackSchema, raw, [], { problems, quote: hasSecrets ? quoteNothing : quote, whole: stackSchema });

  // The rules' words name values; among these there is a secret somewhere, and only Pulumi knows which.
  if (!hasSecrets) checkRules(written, context, problems);
  checkToken(context.token, problems);

  if (problems.count > 0) throw new InvalidConfig(problems.all, context.stack);
  return resolve(stackSchema.parse(raw), context);
}

/** What one value alone cannot show. */
function checkRules(written: Partially<WrittenStack> | undefined, context: ConfigContext, problems: Problems): void {
  const subjects = Object.entries(written?.machines ?? {}).flatMap(([name, machine]): Subject[] =>
    machine === undefined ? [] : [{ name, written: machine, at: ["machines", name], context, problems }],
  );
  for (const subject of subjects) {
    checkServer(subject);
    checkMountPoints(subject);
    checkVolumes(subject);
    checkFirewall(subject);
    checkHealthChecks(subject);
    checkAdmin(subject.written.admin, [...subject.at, "admin"], problems);
  }
  checkNamesApart(subjects);
  checkAdmin(written?.admin, ["admin"], problems);
  checkHasKeys(
    written?.admin,
    subjects.map(({ name, written: { admin } }) => ({ name, admin })),
    problems,
  );
}
