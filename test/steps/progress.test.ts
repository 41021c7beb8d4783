import { createProgress } from "../../steps/progress";

function lines(secrets: string[], tell: (progress: ReturnType<typeof createProgress>) => void): string[] {
  const written: string[] = [];
  tell(createProgress("devserver", secrets, (line) => written.push(line)));
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
