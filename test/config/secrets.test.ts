import { KEY, machine, problemsOf, withMachine } from "./support";

const PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LW1hdGVyaWFs\n-----END OPENSSH PRIVATE KEY-----\n";

test.each([
  ["in place of a public key", withMachine({}, { sshKeys: [PRIVATE] })],
  ["in place of the list", withMachine({}, { sshKeys: PRIVATE })],
  ["in place of a size", withMachine({ volumes: { home: { size: PRIVATE } } })],
  ["under a key that nobody knows", withMachine({ hostKey: PRIVATE })],
  ["in place of everything", { machines: PRIVATE, admin: PRIVATE }],
])("a private key %s is said to be one and never printed", (_, raw) => {
  const problems = problemsOf(raw);

  expect(problems.map(({ message }) => message)).toContainEqual(expect.stringMatching(/is a private key/));
  expect(JSON.stringify(problems)).not.toContain("c2VjcmV0LW1hdGVyaWFs");
});

test("where Pulumi says that a value is secret somewhere, no value is printed at all", () => {
  // given a machine one of whose values was encrypted, which Pulumi hands out decrypted
  const raw = withMachine({
    serverType: "cx22",
    strategy: "hunter2",
    host: "hunter2",
    labels: { password: "hunter 2" },
    image: "hunter2",
    size: "hunter2",
  });

  const problems = problemsOf(raw, { secretKeys: ["nixos-vps:machines"] });

  expect(problems.map(({ path }) => path)).toContain("nixos-vps:machines.devserver.strategy");
  expect(problems).toContainEqual({ path: "nixos-vps:machines", message: expect.stringMatching(/marked `secure:`/) as string });
  expect(JSON.stringify(problems)).not.toMatch(/hunter.?2|cx22/);
});

test("long texts are not printed, whatever they are", () => {
  const raw = { machines: { devserver: { ...machine, strategy: "x".repeat(64) } }, admin: { sshKeys: [KEY] } };

  expect(JSON.stringify(problemsOf(raw))).toContain("a text of 64 characters");
  expect(JSON.stringify(problemsOf(raw))).not.toContain("xxx");
});
