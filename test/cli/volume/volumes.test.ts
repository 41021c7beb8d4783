import { Desk, ours } from "./desk";

jest.setTimeout(300_000);

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open();
});
afterEach(() => desk.close());

test("list names every volume of the stack and what becomes of it, and nobody else's", async () => {
  const used = await desk.volume("dev-devserver-home");
  await desk.volume("dev-old-home", ours("home", "old"));
  await desk.volume("former", { "nixos-vps/stack": "dev", "nixos-vps/machine": "devserver", "nixos-vps/former-purpose": "home" });
  await desk.volume("prod-devserver-home", ours("home", "devserver", "prod"));
  desk.state({ "devserver-home": used });

  const { stdout } = await desk.vps("volume", "list", "--json");

  const { volumes } = JSON.parse(stdout) as { volumes: { name: string; standing: string }[] };
  expect(volumes.map(({ name, standing }) => [name, standing])).toEqual([
    ["dev-devserver-home", "managed"],
    ["dev-old-home", "kept"],
    ["former", "former"],
  ]);
  const words = await desk.vps("volume", "list", "old");
  expect(words.stdout).toMatch(/^name .*\ndev-old-home .* home .* 10 GB .* fsn1 .* none .* kept/);
  expect((await desk.vps("volume", "list", "nobody")).stdout).toBe("The stack dev has no volume of nobody.\n");
});

describe("delete", () => {
  test("takes a kept volume away, protection and all, when its name is typed", async () => {
    await desk.volume("dev-devserver-home");

    const { code, stdout } = await desk.vps("volume", "delete", "dev-devserver-home", "--name-typed", "dev-devserver-home");

    expect([code, stdout]).toEqual([0, expect.stringMatching(/home of devserver, 10 GB in fsn1\) is deleted. Its data is gone for good/)]);
    expect(await desk.volumes()).toEqual([]);
  });

  test.each<[why: string, args: string[], words: RegExp, prepare: (id: number) => unknown]>([
    ["another name is typed", ["--name-typed", "dev-devserver"], /is not the volume's name, which is dev-devserver-home/, () => undefined],
    ["nobody is there to type", [], /nobody is there to type it/, () => undefined],
    [
      "the stack uses it",
      ["--name-typed", "dev-devserver-home"],
      /in use: the stack dev has it as devserver-home/,
      (id) => desk.state({ "devserver-home": id }),
    ],
    [
      "a server has it",
      ["--name-typed", "dev-devserver-home"],
      /attached to the server.*vps volume detach dev-devserver-home/s,
      (id) => desk.serverWith(id),
    ],
  ])("refuses when %s, and the volume stays protected", async (_why, args, words, prepare) => {
    const id = await desk.volume("dev-devserver-home");
    await prepare(id);

    const { code, stderr } = await desk.vps("volume", "delete", "dev-devserver-home", ...args);

    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(await desk.volumes()).toMatchObject([{ id, protection: { delete: true } }]);
  });

  describe("at a terminal", () => {
    const line = "\r";
    const [controlC, controlD] = ["\u0003", "\u0004"];

    test("says what it will do and deletes when the name is typed", async () => {
      await desk.volume("dev-devserver-home");

      const { code, screen } = await desk.atTerminal(["volume", "delete", "dev-devserver-home"], `dev-devserver-home${line}`);

      expect([code, screen]).toEqual([0, expect.stringMatching(/\(10 GB in fsn1\) with all data on it.*is deleted/s)]);
      expect(await desk.volumes()).toEqual([]);
    });

    test.each([
      ["another name", `home${line}`, 2, /"home" is not the volume's name/],
      ["nothing", line, 2, /"" is not the volume's name/],
      ["Ctrl+C", controlC, 130, /error: No name was typed. Nothing was touched/],
      ["Ctrl+D", controlD, 130, /error: No name was typed. Nothing was touched/],
    ])("leaves the volume as it is after %s", async (_what, keys, exitCode, words) => {
      const id = await desk.volume("dev-devserver-home");

      const { code, screen } = await desk.atTerminal(["volume", "delete", "dev-devserver-home"], keys);

      expect([code, screen]).toEqual([exitCode, expect.stringMatching(words)]);
      expect(await desk.volumes()).toMatchObject([{ id, protection: { delete: true } }]);
    });
  });

  test("knows no volume of another stack", async () => {
    await desk.volume("prod-devserver-home", ours("home", "devserver", "prod"));

    const { code, stderr } = await desk.vps("volume", "delete", "prod-devserver-home", "--name-typed", "prod-devserver-home");

    expect([code, stderr]).toEqual([2, expect.stringContaining("No volume of the stack dev is called")]);
    expect(await desk.volumes()).toHaveLength(1);
  });
});

describe("adopt", () => {
  test("gives the machine the other volume, keeps the former one with its data, and does nothing a second time", async () => {
    const former = await desk.volume("dev-devserver-home");
    const restored = await desk.volume("restored", { team: "ops" }, { size: 20 });

    const { code, stdout } = await desk.vps("volume", "adopt", "devserver", "home", "--id", restored.toString());

    expect([code, stdout]).toEqual([0, expect.stringMatching(/uses restored.*must be 20 or more.*dev-devserver-home.*is kept/s)]);
    const after = await desk.volumes();
    expect(after.find(({ id }) => id === restored)).toMatchObject({
      labels: { ...ours("home"), team: "ops" },
      protection: { delete: true },
    });
    expect(after.find(({ id }) => id === former)).toMatchObject({
      labels: { "nixos-vps/stack": "dev", "nixos-vps/machine": "devserver", "nixos-vps/former-purpose": "home", team: "web" },
      protection: { delete: true },
    });
    expect((await desk.vps("volume", "adopt", "devserver", "home", "--id", restored.toString())).code).toBe(0);
    expect(await desk.volumes()).toEqual(after);
  });

  test.each([
    ["move", ["move", "devserver", "home", "--to", "fsn1"], "kept"],
    ["adopt", ["adopt", "devserver", "home", "--id"], "former"],
  ])(
    "after a move that was cut off at its last line, %s leaves no whole volume that is called an unfinished copy",
    async (_what, args, is) => {
      const copy = await desk.volume("copy", { ...ours("home"), "nixos-vps/copy-of": "4711" });
      const other = await desk.volume("other", {});

      const { code } = await desk.vps("volume", ...args, ...(args.at(-1) === "--id" ? [other.toString()] : []));

      expect(code).toBe(0);
      const { volumes } = JSON.parse((await desk.vps("volume", "list", "--json")).stdout) as {
        volumes: { id: number; standing: string }[];
      };
      expect(volumes.find(({ id }) => id === copy)?.standing).toBe(is);
      expect((await desk.volumes()).map(({ labels }) => labels["nixos-vps/copy-of"])).not.toContain("4711");
    },
  );

  test("takes the former one back the same way", async () => {
    const first = await desk.volume("first");
    const second = await desk.volume("second", {});
    await desk.vps("volume", "adopt", "devserver", "home", "--id", second.toString());

    expect((await desk.vps("volume", "adopt", "devserver", "home", "--id", first.toString())).code).toBe(0);

    const purposes = (await desk.volumes()).map(({ name, labels }) => [name, labels["nixos-vps/purpose"]]);
    expect(purposes).toEqual([
      ["first", "home"],
      ["second", undefined],
    ]);
  });

  test.each<[why: string, over: object, words: RegExp, prepare: (former: number, id: number) => unknown]>([
    [
      "the machine uses its volume",
      {},
      /uses its volume home at the moment.*Comment devserver out/s,
      (former) => desk.state({ "devserver-home": former }),
    ],
    ["it is attached", {}, /is attached to the server/, (_, id) => desk.serverWith(id)],
    ["it is elsewhere", { location: "nbg1" }, /is in nbg1, but devserver is in fsn1.*vps volume move/s, () => undefined],
    ["it is another stack's", { labels: ours("home", "devserver", "prod") }, /labels of the stack prod/, () => undefined],
    ["it is another machine's", { labels: ours("home", "web") }, /home of web/, () => undefined],
    ["it is the machine's for something else", { labels: ours("data") }, /is the volume data of devserver/, () => undefined],
    ["the stack uses it elsewhere", {}, /in use by this stack, as web-data/, (_, id) => desk.state({ "web-data": id })],
  ])("refuses when %s, and changes no label", async (_why, over, words, prepare) => {
    const former = await desk.volume("dev-devserver-home");
    const other = await desk.volume("other", {}, over);
    await prepare(former, other);
    const before = await desk.volumes();

    const { code, stderr } = await desk.vps("volume", "adopt", "devserver", "home", "--id", other.toString());

    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(await desk.volumes()).toEqual(before);
  });

  test("refuses a volume that is not there", async () => {
    expect((await desk.vps("volume", "adopt", "devserver", "home", "--id", "4711")).stderr).toContain("no volume 4711");
    expect((await desk.vps("volume", "adopt", "devserver", "home", "--id", "x")).code).toBe(2);
  });
});

describe("detach", () => {
  test("takes a volume off a server that is off; where it is on none there is nothing to do", async () => {
    const id = await desk.volume("dev-devserver-home");
    const server = await desk.serverWith(id);
    await desk.api("POST", `/servers/${server}/actions/poweroff`);

    expect((await desk.vps("volume", "detach", "dev-devserver-home")).stdout).toMatch(/on no server now. It is kept/);

    expect(await desk.volumes()).toMatchObject([{ server: null, protection: { delete: true } }]);
    expect((await desk.vps("volume", "detach", "dev-devserver-home")).stdout).toContain("nothing to do");
  });

  test("refuses while a server runs that nothing is known of, and what the stack looks after", async () => {
    const id = await desk.volume("dev-devserver-home");
    const server = await desk.serverWith(id);

    const running = await desk.vps("volume", "detach", "dev-devserver-home");
    expect([running.code, running.stderr]).toEqual([1, expect.stringMatching(/none of this stack's machines.*Shut other down/s)]);

    desk.state({ "devserver-home": id });
    const managed = await desk.vps("volume", "detach", "dev-devserver-home");
    expect([managed.code, managed.stderr]).toEqual([2, expect.stringMatching(/would attach it again.*Take it out/s)]);
    expect(await desk.volumes()).toMatchObject([{ server }]);
  });
});
