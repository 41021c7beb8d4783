import { PassThrough } from "node:stream";
import { createProgress, elapsed } from "../../toolchain/progress";

/** A stream that keeps what is written to it, as a terminal of 40 columns or as a file. */
function stream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: string[] = [];
  const kept = new PassThrough();
  kept.on("data", (data: Buffer) => chunks.push(data.toString()));
  return { stream: Object.assign(kept, { isTTY, columns: 40 }) as unknown as NodeJS.WriteStream, text: () => chunks.join("") };
}

beforeEach(() => void (process.env.NO_COLOR = "1"));
afterEach(() => {
  delete process.env.NO_COLOR;
  jest.useRealTimers();
});

test("a phase is two plain lines where there is no terminal, and one more every half minute", async () => {
  jest.useFakeTimers();
  const out = stream(false);
  let finish: (value: string) => void = () => undefined;
  const phase = createProgress(out.stream).phase("building", (detail) => {
    detail("7 packages");
    return new Promise<string>((resolve) => (finish = resolve));
  });
  jest.advanceTimersByTime(31_000);
  finish("done");
  expect(await phase).toBe("done");
  expect(out.text()).toBe("… building 0:00\n… building (7 packages) 0:30\n✔ building 0:31\n");
});

test("a terminal's line is written over and never wraps", async () => {
  const out = stream(true);
  await createProgress(out.stream).phase("a title that is longer than the terminal is wide", () => Promise.resolve());
  expect(out.text()).toBe(
    "\r\u001b[K… a title that is longer than the termi\r\u001b[K✔ a title that is longer than the terminal is wide 0:00\n",
  );
});

test("a failed phase is marked, and its problem passed on", async () => {
  const out = stream(false);
  await expect(createProgress(out.stream).phase("building", () => Promise.reject(new Error("no space")))).rejects.toThrow("no space");
  expect(out.text()).toContain("✖ building 0:00\n");
});

test("colors are for terminals alone", async () => {
  delete process.env.NO_COLOR;
  const [terminal, file] = [stream(true), stream(false)];
  for (const out of [terminal, file]) {
    await createProgress(out.stream).phase("building", () => Promise.resolve());
  }
  expect(terminal.text()).toContain("\u001b[32m✔");
  expect(file.text()).not.toContain("\u001b");
});

test("time is minutes and seconds", () => {
  expect([0, 59_999, 60_000, 3_661_000].map((ms) => elapsed(0, ms))).toEqual(["0:00", "0:59", "1:00", "61:01"]);
});
