import { TOKEN, problemsOf, withMachine } from "./support";

const raw = withMachine({});

test.each([
  ["no token", { from: "nowhere" as const }, "hcloud:token", /is required.*HCLOUD_TOKEN/],
  [
    "a token that was cut off",
    { from: "environment" as const, value: TOKEN.slice(1) },
    "HCLOUD_TOKEN (in the environment)",
    /has 63 characters/,
  ],
  ["a token with a line break", { from: "environment" as const, value: `${TOKEN}\n` }, "HCLOUD_TOKEN (in the environment)", /line break/],
  [
    "a token with a dash",
    { from: "config" as const, value: `-${TOKEN.slice(1)}`, inTheClear: false },
    "hcloud:token",
    /letters and digits/,
  ],
  ["a token in the clear", { from: "config" as const, value: TOKEN, inTheClear: true }, "hcloud:token", /readable in the file.*revoke it/],
])("%s is refused, and not shown", (_, token, path, words) => {
  const problems = problemsOf(raw, { token });

  expect(problems).toEqual([{ path, message: expect.stringMatching(words) as string }]);
  expect(JSON.stringify(problems)).not.toContain(TOKEN.slice(1));
});

test("an encrypted token is right", () => {
  expect(problemsOf(raw, { token: { from: "config", value: TOKEN, inTheClear: false } })).toEqual([]);
});
