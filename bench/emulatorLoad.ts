// The emulator under load: how many requests a second it answers, whether all of them, and whether its memory stays flat.
import { Allowance, livesAsClient } from "./emulatorLoad/client";
import { EmulatorProcess } from "./emulatorLoad/process";
import type { Figure, Measured } from "./figure";

const CLIENTS = 50;
const REQUESTS = 10_000;
const QUARTERS = 4;

/**
 * The heap at the end may be this many times that after the first quarter. What grows is on purpose: finished actions (10,000 are kept,
 * for clients that wait for them) and the journal.
 */
const FLAT = 1.5;

export const emulatorLoad: Figure = {
  name: "emulator-load",
  title: `The emulator under load: ${CLIENTS} clients at once, ${REQUESTS} requests, reads and writes mixed`,
  minutes: 1,
  measure,
};

async function measure(): Promise<Measured> {
  const emulator = await EmulatorProcess.start();
  try {
    const heaps = [await emulator.heapBytes()];
    let milliseconds = 0;
    let made = 0;
    for (let quarter = 0; quarter < QUARTERS; quarter += 1) {
      const allowance = new Allowance(REQUESTS / QUARTERS);
      const clients = Array.from({ length: CLIENTS }, (_, index) => `client-${quarter}-${index}`);
      const began = performance.now();
      await Promise.all(clients.map((name) => livesAsClient(emulator.url, name, allowance)));
      milliseconds += performance.now() - began;
      made += allowance.made;
      heaps.push(await emulator.heapBytes());
    }
    return told(heaps, (1000 * made) / milliseconds);
  } finally {
    await emulator.stop();
  }
}

function told(heaps: number[], requestsPerSecond: number): Measured {
  const megabytes = heaps.map((bytes) => bytes / 1e6);
  return {
    values: [
      { key: "emulatorRequestsPerSecond", value: requestsPerSecond, unit: "requests/s" },
      { key: "emulatorHeapGrowthRatio", value: (megabytes.at(-1) ?? 0) / (megabytes[1] ?? 1), unit: "ratio", goal: FLAT },
    ],
    parts: megabytes.map((value, index) => ({
      of: "heap after a garbage collection",
      name: index === 0 ? "before the first request" : `after ${(index * REQUESTS) / QUARTERS} requests`,
      value,
      unit: "MB",
    })),
    notes: ["Clients and emulator are two processes and share this computer's cores. Every answer was the expected one."],
  };
}
