import fc from "fast-check";
import { VirtualClock } from "../../src/virtualClock";

/** Longer than automatic time stands still for want of news: what would happen by mistake has happened then. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

let clock: VirtualClock;
afterEach(() => clock.close());

test("automatic time jumps to what is due, in order, and by no more", async () => {
  clock = new VirtualClock("auto");
  const order: string[] = [];

  await Promise.all([300_000, 1_000, 60_000].map((ms) => clock.wait(ms).then(() => order.push(`${ms} at ${clock.now()}`))));

  expect(order).toEqual(["1000 at 1000", "60000 at 60000", "300000 at 300000"]);
});

test("automatic time stands still while real work goes on", async () => {
  clock = new VirtualClock("auto");
  let over = false;
  const wait = clock.wait(1_000).then(() => (over = true));

  await clock.busy(async () => {
    for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
    await quiet();
    expect(over).toBe(false);
  });

  await wait;
  expect(clock.now()).toBe(1_000);
});

test("automatic time does not jump to what nobody waits for, but lets it happen on the way", async () => {
  clock = new VirtualClock("auto");
  const happened: number[] = [];
  void clock.wait(300_000, { background: true }).then(() => happened.push(300_000));
  void clock.wait(5_000, { background: true }).then(() => happened.push(5_000));

  await clock.wait(1_000);
  await quiet();
  expect([clock.now(), happened]).toEqual([1_000, []]);

  await clock.wait(10_000);
  expect([clock.now(), happened]).toEqual([11_000, [5_000]]);

  await clock.advance(300_000);
  expect(happened).toEqual([5_000, 300_000]);
});

test("a wait that is called off ends at once and is no aim any more", async () => {
  clock = new VirtualClock("auto");
  const off = new AbortController();
  const long = clock.wait(300_000, { signal: off.signal });

  off.abort();

  await long;
  await clock.wait(1_000);
  expect(clock.now()).toBe(1_000);
});

test("a hold stops automatic time until it is let go", async () => {
  clock = new VirtualClock("auto");
  const release = clock.hold(60_000);
  const wait = clock.wait(1_000);

  await quiet();
  expect(clock.now()).toBe(0);

  release();
  await wait;
  expect(clock.now()).toBe(1_000);
});

test("moved by hand, time goes through everything on the way, also through what that begins", async () => {
  clock = new VirtualClock("auto");
  const release = clock.hold(60_000);
  const seen: number[] = [];
  void (async () => {
    for (let n = 0; n < 3; n++) {
      await clock.wait(1_000);
      seen.push(clock.now());
    }
  })();

  await clock.advance(2_500);

  expect([clock.now(), seen]).toEqual([2_500, [1_000, 2_000]]);
  release();
});

test("scaled time runs that much faster than real time, and no wait ends early", async () => {
  clock = new VirtualClock(1_000);
  const from = clock.now();

  await clock.wait(20_000);

  expect(clock.now() - from).toBeGreaterThanOrEqual(20_000);
});

test.each([0, -1, NaN])("a scale of %d is refused", (scale) => {
  clock = new VirtualClock();
  expect(() => new VirtualClock(scale)).toThrow(RangeError);
});

test("whatever waits, time never goes back and nobody is woken early", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 }), async (delays) => {
      clock = new VirtualClock(10_000);
      let last = 0;
      await Promise.all(
        delays.map(async (seconds) => {
          const due = clock.now() + seconds * 1_000;
          await clock.wait(seconds * 1_000);
          expect(clock.now()).toBeGreaterThanOrEqual(due);
          expect(clock.now()).toBeGreaterThanOrEqual(last);
          last = clock.now();
        }),
      );
      clock.close();
    }),
    { numRuns: 20 },
  );
});
