// Being certain that a machine is off: what it does and what can be seen of it, played minute by minute on a clock of its own, so that the
// real limits hold and nothing is waited for.
import { HetznerApi } from "../../../steps/cloud/hetzner";
import { powerDown } from "../../../steps/power/powerDown";
import type { RunOptions, RunResult } from "../../../steps/operator/children";
import type { Contact } from "../../../steps/ssh/contact";
import { testContext, type TestContext } from "../support/context";
import { temporaryFolders } from "../support/temporaryFolder";

const mockClock = { now: 0 };
jest.mock("node:perf_hooks", () => ({ performance: { now: () => mockClock.now } }));
jest.mock("node:timers/promises", () => ({
  setTimeout: (ms: number): Promise<void> => {
    mockClock.now += ms;
    return Promise.resolve();
  },
}));

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ACCESS = { endpoint: "http://hetzner.invalid/v1", token: "t" };
const newFolder = temporaryFolders();

/** What is so from a moment on (milliseconds): the last entry that has begun holds. */
type Course<T> = [from: number, is: T][];

interface Play {
  /** How long the machine takes from hearing that it is to shut down until it is off; its sshd goes at once. */
  shutdownMs: number;
  /** What a shutting-down machine's kernel says where sshd was. */
  sshdGone?: "silent" | "refused";
  /** The way to the machine: `deaf` carries what is sent and no answer, `hangs` connects and says no more. */
  line?: Course<"good" | "cut" | "deaf" | "hangs">;
  api?: Course<"good" | "revoked" | "broken">;
  /** Ids of what Hetzner has on it. */
  volumes?: number[];
}

/** A machine that hears nothing but ssh; Hetzner can only be asked about it. */
class PlayedMachine {
  private heardAt: number | undefined;
  private cutOff = false;
  told = 0;

  constructor(private readonly play: Play) {}

  get isOff(): boolean {
    if (this.cutOff) return true;
    return this.heardAt !== undefined && mockClock.now >= this.heardAt + this.play.shutdownMs;
  }

  ssh(script: string): RunResult {
    const line = now(this.play.line, "good");
    const lost = (stderr: string, ms: number, timedOut = false): RunResult => {
      mockClock.now += ms;
      return { code: timedOut ? null : 255, stdout: Buffer.alloc(0), stderr, timedOut };
    };
    if (line === "cut" || this.isOff) return lost("connect to host 198.18.0.1 port 22: Connection timed out", 15 * SECOND);
    if (line === "hangs") return lost("", 40 * SECOND, true);
    if (this.heardAt !== undefined) {
      return this.play.sshdGone === "refused"
        ? lost("connect to host 198.18.0.1 port 22: Connection refused", 100)
        : lost("connect to host 198.18.0.1 port 22: Connection timed out", 15 * SECOND);
    }
    const isOrder = script.includes("systemctl poweroff");
    if (isOrder) {
      this.told += 1;
      this.heardAt = mockClock.now;
    }
    const answer = isOrder
      ? "mount /dev/disk/by-id/scsi-0HC_Volume_4 /srv/media\nmount /dev/mapper/volume-vault /srv/vault\npoweringOff yes\n"
      : "stage nixos\nboot 1\nhost devserver\n";
    if (line === "deaf") return lost("client_loop: send disconnect: Broken pipe", SECOND);
    mockClock.now += 100;
    return { code: 0, stdout: Buffer.from(answer), stderr: "", timedOut: false };
  }

  hetzner(method: string, path: string): Response {
    mockClock.now += 100;
    const api = now(this.play.api, "revoked");
    if (api === "revoked") return Response.json({ error: { code: "unauthorized", message: "the token is not good" } }, { status: 401 });
    if (api === "broken") return Response.json({ error: { code: "server_error", message: "try later" } }, { status: 503 });
    if (path.endsWith("/actions/poweroff")) this.cutOff = true;
    if (method !== "GET") return Response.json({});
    const volume = /\/volumes\/(\d)$/.exec(path)?.[1];
    if (volume !== undefined) {
      const purpose = { 3: "home", 4: "media", 5: "vault", 6: undefined }[Number(volume)];
      const labels = purpose === undefined ? {} : { "nixos-vps/purpose": purpose };
      return Response.json({ volume: { id: Number(volume), name: `disk-${volume}`, labels, server: 7, protection: { delete: true } } });
    }
    return Response.json({
      server: { id: 7, name: "devserver-4f2a", status: this.isOff ? "off" : "running", volumes: this.play.volumes ?? [3] },
    });
  }
}

function now<T>(course: Course<T> | undefined, otherwise: T): T {
  return course?.findLast(([from]) => from <= mockClock.now)?.[1] ?? otherwise;
}

let context: TestContext;
let machine: PlayedMachine;

beforeEach(() => {
  mockClock.now = 0;
  context = testContext(newFolder());
});
afterEach(async () => {
  jest.restoreAllMocks();
  await context.end();
});

/** Shuts down a machine that answered a moment ago, and an API that did, or did not. */
function shutDown(play: Play, api?: HetznerApi): Promise<string> {
  machine = new PlayedMachine(play);
  jest.spyOn(globalThis, "fetch").mockImplementation((url, init) => Promise.resolve(machine.hetzner(init?.method ?? "GET", url as string)));
  jest
    .spyOn(context.children, "run")
    .mockImplementation((_command, _args, { stdin }: RunOptions) => Promise.resolve(machine.ssh(String(stdin))));
  return powerDown({
    input: {
      server: { id: 7, name: "devserver-4f2a" },
      address: "198.18.0.1",
      api: ACCESS,
    },
    context,
    api,
    contact: { connection: { target: { address: "198.18.0.1" }, files: { config: "ssh-config" } } } as Contact,
    volumes: [{ id: 3, name: "home", mountPoint: "/home" }],
  });
}

describe("without the API, a machine counts as off", () => {
  test.each(["silent", "refused"] as const)(
    "only when a database that takes its two minutes has ended too (sshd's port: %s)",
    async (sshdGone) => {
      await expect(shutDown({ shutdownMs: 2 * MINUTE, sshdGone })).resolves.toBe("powered off");

      expect(machine.isOff).toBe(true);
      expect(context.said()).toContain("could not be looked up");
    },
  );

  test("only after silence that begins when the kernel itself stops answering", async () => {
    await expect(shutDown({ shutdownMs: 5 * MINUTE, sshdGone: "refused" })).resolves.toBe("powered off");

    expect(machine.isOff).toBe(true);
  });

  test("never, when the order fell into a gap of the line and it did not hear it: it is told again when it answers", async () => {
    await expect(
      shutDown({
        shutdownMs: 2 * MINUTE,
        line: [
          [0, "cut"],
          [50 * SECOND, "good"],
        ],
      }),
    ).resolves.toBe("powered off");

    expect([machine.isOff, machine.told]).toEqual([true, 1]);
  });

  test("never, when it did not say that it shuts down and is not heard of again", async () => {
    const end = shutDown({ shutdownMs: 2 * MINUTE, line: [[0, "cut"]] });

    await expect(end).rejects.toThrow(
      /did not say that it does.*API cannot be asked.*State: .*may still use the volume home.*nothing was detached.*Next: /s,
    );
    expect(machine.told).toBe(0);
  });

  test("never, when connections are made and hang, which is no silence", async () => {
    const end = shutDown({
      shutdownMs: 60 * MINUTE,
      line: [
        [0, "good"],
        [SECOND, "hangs"],
      ],
    });

    await expect(end).rejects.toThrow(/told to shut down but is not off after 10 min/);
  });

  test("never, when it goes on answering", async () => {
    const end = shutDown({ shutdownMs: 60 * MINUTE, sshdGone: "refused" });

    await expect(end).rejects.toThrow(/told to shut down but is not off after 10 min/);
  });
});

describe("an API that could not be asked", () => {
  test("is asked again all the time, and is believed when it answers: the line alone would have taken longer", async () => {
    await expect(
      shutDown({
        shutdownMs: 20 * SECOND,
        api: [
          [0, "broken"],
          [40 * SECOND, "good"],
        ],
      }),
    ).resolves.toBe("powered off");

    expect(machine.isOff).toBe(true);
    expect(mockClock.now).toBeLessThan(2 * MINUTE);
    expect(context.said()).not.toContain("could not be looked up");
  });

  test("settles it for a machine whose answer got lost", async () => {
    await expect(
      shutDown({
        shutdownMs: MINUTE,
        line: [[0, "deaf"]],
        api: [
          [0, "broken"],
          [5 * SECOND, "good"],
        ],
      }),
    ).resolves.toBe("powered off");

    expect(machine.isOff).toBe(true);
  });
});

test("an API that stops answering while the end is waited for is a failure that says what state things are in and what to do", async () => {
  const end = shutDown(
    {
      shutdownMs: MINUTE,
      api: [
        [0, "good"],
        [10 * SECOND, "broken"],
      ],
    },
    new HetznerApi(ACCESS),
  );

  await expect(end).rejects.toThrow(/503 server_error.*State: .*may still use the volume home.*Next: Run the same command again/s);
});

describe("a machine that has to be cut off", () => {
  const cutOff = (play: Pick<Play, "volumes" | "line">): Promise<string> =>
    shutDown({ shutdownMs: 60 * MINUTE, api: [[0, "good"]], ...play }, new HetznerApi(ACCESS));

  test("is said to lose what was unwritten on any of its volumes, where each is mounted", async () => {
    await expect(cutOff({ volumes: [3, 4, 5, 6] })).resolves.toBe("forced off");

    expect(context.said()).toMatch(
      /What it had not written to the volumes home \(\/home\), media \(\/srv\/media\), vault \(\/srv\/vault\) and disk-6 in its last seconds may be missing/,
    );
  });

  test("and did not say where its volumes are mounted, has them named all the same", async () => {
    await cutOff({ volumes: [3, 4], line: [[0, "cut"]] });

    expect(context.said()).toContain("What it had not written to the volumes home (/home) and media in");
  });
});
