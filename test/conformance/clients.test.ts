// The suites that take seconds, where `npm run conformance` has got their tools before; no registry is reached from here.
import { existsSync, readdirSync } from "node:fs";
import { Skipped, type Suite } from "../../conformance/suite";
import { go } from "../../conformance/suites/go";
import { python } from "../../conformance/suites/python";
import { Cache } from "../../toolchain/cache";

/** Only to fail in words where a test would hang. */
const LONGEST_MS = 600_000;

const cache = Cache.ofUser(process.env);
const tools = existsSync(cache.path("conformance")) ? readdirSync(cache.path("conformance")) : [];

describe.each<[string, Suite, string]>([
  [python.what, python, "python-"],
  [go.what, go, "life-of-go-client-"],
])("%s", (_what, suite, tool) => {
  const atHand = tools.some((name) => name.startsWith(tool));
  if (!atHand) console.warn(`skipped: ${suite.what}, because its tools are not in the cache (npm run conformance gets them)`);

  (atHand ? test : test.skip)(
    "unchanged",
    async () => {
      try {
        const findings = await suite.run({ cache, env: process.env, seed: 1, download: false, detail: () => undefined });

        expect(findings.problems).toEqual([]);
      } catch (problem) {
        if (!(problem instanceof Skipped)) throw problem;
        // Tools are there, and not of these versions.
        console.warn(`skipped: ${suite.what}, because ${problem.message}`);
      }
    },
    LONGEST_MS,
  );
});
