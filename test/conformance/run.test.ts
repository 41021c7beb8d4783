// What a run of suites says, and what it notices.
import { report } from "../../conformance/report";
import { runSuites } from "../../conformance/run";
import { type Findings, Skipped, type Suite } from "../../conformance/suite";
import { liveThrough } from "../../conformance/suites/clientLife";
import { silent } from "../../toolchain";
import { Cache } from "../../toolchain/cache";

const suite = (name: string, run: () => Promise<Findings>): Suite => ({ name, what: `what ${name} proves`, run });
const fine: Findings = { versions: "tool 1.2.3", facts: ["7 of 7"], problems: [] };
const runAll = (...suites: Suite[]) => runSuites(suites, { cache: new Cache("/nowhere"), env: {}, seed: 1, download: false }, silent);

test("a suite that breaks has failed, and those after it are run all the same", async () => {
  const results = await runAll(
    suite("broken", () => Promise.reject(new Error("it broke"))),
    suite("wrong", () => Promise.resolve({ ...fine, problems: ["a volume is lost"] })),
    suite("good", () => Promise.resolve(fine)),
  );

  expect(results.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(["broken failed", "wrong failed", "good passed"]);
  expect(report(results)).toContain("it broke");
  expect(report(results)).toContain("! a volume is lost");
  expect(report(results)).toMatch(/1 passed, 2 failed, 0 skipped$/);
});

test("a suite that lacks something is skipped aloud, with the reason", async () => {
  const results = await runAll(suite("lacking", () => Promise.reject(new Skipped("there is no Python"))));

  expect(results).toMatchObject([{ outcome: "skipped", reason: "there is no Python" }]);
  expect(report(results)).toMatch(/^SKIPPED lacking .*\n +there is no Python/);
});

describe("a client's life", () => {
  const live = (program: string) =>
    liveThrough(process.execPath, ["-e", program], { env: { PATH: process.env["PATH"] ?? "" }, detail: () => undefined });
  const ask = (path: string) =>
    `fetch(process.env.HCLOUD_ENDPOINT + "${path}", { headers: { authorization: "Bearer " + process.env.HCLOUD_TOKENS.split(",")[0] } })`;
  const say = (line: object) => `console.log(${JSON.stringify(JSON.stringify(line))})`;

  test("is without problems when every chapter ends well and every method was called", async () => {
    const program = `${ask("/servers")}.then((reply) => { if (reply.status === 200) { ${say({ chapter: "one" })}; ${say({ calls: 1, methods: 1, uncalled: [] })} } })`;

    expect(await live(program)).toEqual({
      facts: ["1 of 1 chapters", "1 requests", "1 of 1 methods of the client called, 1 times in all"],
      problems: [],
    });
  });

  test("has a problem for each chapter that fails, and for methods that were never called", async () => {
    const { problems } = await live(`${say({ chapter: "two", error: "not found" })}; ${say({ calls: 0, methods: 1, uncalled: ["a.b"] })}`);

    expect(problems).toEqual(["two: not found", "never called: a.b"]);
  });

  test("has a problem when the program breaks off", async () => {
    const { problems } = await live(`${say({ chapter: "one" })}; console.error("out of luck"); process.exitCode = 3`);

    expect(problems).toEqual(["it broke off (exit code 3): out of luck"]);
  });
});
