import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Children, childEnvironment } from "../../../steps/operator/children";
import { type ProcessIdentity, isAlive, lookUp } from "../../../steps/operator/processes";

test("a program's output comes back whole and line by line, and its exit code is a result", async () => {
  const seen: string[] = [];

  const result = await new Children().run("sh", ["-c", "cat; printf 'one\\ntw' >&2; printf 'o' >&2; exit 4"], {
    stdin: Buffer.from([0, 255, 10]),
    limitMs: 60_000,
    onLine: (line) => seen.push(line),
  });

  expect(result.code).toBe(4);
  expect([...result.stdout]).toEqual([0, 255, 10]);
  expect(seen).toEqual(["one", "two"]);
});

test("a program that does not read its stdin is no error", async () => {
  const result = await new Children().run("true", [], { stdin: Buffer.alloc(1 << 20), limitMs: 60_000 });

  expect(result.code).toBe(0);
});

test("a program that cannot be started is an error that names it", async () => {
  await expect(new Children().run("no-such-program-here", [], { limitMs: 60_000 })).rejects.toThrow(/no-such-program-here/);
});

test("at its limit a program is ended together with what it started", async () => {
  const lines = new PassThrough();
  const first = once(createInterface(lines), "line");
  const running = new Children().run("sh", ["-c", "sleep 1000 & echo $! >&2; wait"], {
    limitMs: 300,
    onLine: (line) => lines.write(`${line}\n`),
  });
  const [grandchild] = (await first) as [string];

  const result = await running;

  expect(result.timedOut).toBe(true);
  expect(lookUp(Number(grandchild))).toBeUndefined();
});

test("when the step ends, everything that runs is ended and nothing new begins", async () => {
  let known: ProcessIdentity[] = [];
  const children = new Children((running) => (known = running));
  const running = children.run("sleep", ["1000"], { limitMs: 60_000 });
  while (known.length === 0) await sleep(5);
  const [identity] = known;

  await children.endAll();
  await running;

  expect(identity && isAlive(identity)).toBe(false);
  expect(known).toEqual([]);
  await expect(children.run("true", [], { limitMs: 1000 })).rejects.toThrow(/being ended/);
});

test("no child gets the operator's token or anything of Pulumi's", () => {
  process.env.HCLOUD_TOKEN = "x";
  process.env.PULUMI_CONFIG_PASSPHRASE = "y";
  try {
    const environment = childEnvironment({ PATH: "/here" });
    expect(environment.HCLOUD_TOKEN).toBeUndefined();
    expect(environment.PULUMI_CONFIG_PASSPHRASE).toBeUndefined();
    expect(environment.PATH).toBe("/here");
  } finally {
    delete process.env.HCLOUD_TOKEN;
    delete process.env.PULUMI_CONFIG_PASSPHRASE;
  }
});
