import { createProgress } from "../../steps/progress";
import { StepError } from "../../steps/stepError";

function lines(secrets: string[], tell: (progress: ReturnType<typeof createProgress>) => void): string[] {
  const written: string[] = [];
  tell(createProgress({ machine: "devserver", secrets, write: (line) => written.push(line) }));
  return written;
}

test("every line begins with the machine's name", () => {
  const written = lines([], (progress) => {
    progress.phase("first contact");
    progress.warn("two\nlines");
  });

  expect(written).toHaveLength(3);
  for (const line of written) expect(line).toMatch(/^devserver +\d+\.\ds /);
});

test("no line of a secret is ever shown, whoever says it", () => {
  const secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n";
  const token = "a1".repeat(32);

  const written = lines([secret, token, ""], (progress) => {
    progress.relay("ssh", `debug: b3BlbnNzaC1rZXktdjEAAAAABG5vbmU`);
    progress.say(`Authorization: Bearer ${token}`);
    progress.say("-----BEGIN OPENSSH PRIVATE KEY-----");
  }).join("\n");

  expect(written).not.toContain("b3BlbnNzaC1rZXktdjE");
  expect(written).not.toContain(token);
  expect(written).toContain("Bearer [secret]");
});

test("a failure is told once: what, state, next", () => {
  const written = lines([], (progress) => {
    progress.relay("nix", "some words");
    progress.fail(new StepError({ what: "It broke.", state: "Half done.", next: "Mend it." }));
  });

  const [relayed, ...told] = written.map((line) => line.replace(/^devserver +[\d.]+s /, ""));
  expect(relayed).toBe("  nix: some words");
  expect(told).toEqual(["error: It broke.", "    State: Half done.", "    Next: Mend it."]);
});

test("an endless output is cut to a budget, kept whole in the log, and its last lines are shown when the step fails", () => {
  const shown: string[] = [];
  const logged: string[] = [];
  const progress = createProgress({
    machine: "devserver",
    secrets: [],
    write: (line) => shown.push(line),
    log: { path: "/the/log", append: (line) => logged.push(line) },
    relayBudget: 1000,
  });

  for (let line = 1; line <= 10_000; line++) progress.relay("build", `line ${line}.`);
  const before = shown.join("\n").length;
  progress.fail(new Error("broke"));

  expect(before).toBeLessThan(1300);
  expect(shown.join("\n")).toContain("goes to /the/log");
  expect(shown.filter((line) => /line 99(8[6-9]|9\d)\.|line 10000\./.test(line))).toHaveLength(15);
  expect(logged.filter((line) => line.includes("build: line"))).toHaveLength(10_000);
});
