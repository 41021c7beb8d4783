// The emulator in a process of its own, so that its memory can be looked at without that of its clients.
import { startEmulator } from "../../emulator/src";
import type { Answer, Question } from "./process";

async function main(): Promise<void> {
  const cloud = await startEmulator({ machines: false });
  const answer = (message: Answer): void => void process.send?.(message);
  process.on("message", (question: Question) => {
    if (question === "heap") answer({ heapBytes: usedHeap() });
    else void cloud.stop().then(() => process.exit(0));
  });
  // Whoever asked for this process is gone.
  process.on("disconnect", () => process.exit(0));
  answer({ url: cloud.url });
}

/** What is in use, not what could have been freed long ago. */
function usedHeap(): number {
  if (!globalThis.gc) throw new Error("this must be run with --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
