import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { LISTEN } from "../../src/machines/network/metadataService";

let child: ChildProcess;
beforeEach(() => {
  child = spawn(process.execPath, ["-e", LISTEN, "127.0.0.1", "0"], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
});
afterEach(() => child.kill("SIGKILL"));

test("a listener whose emulator has died before it listened does not stay", async () => {
  child.disconnect();

  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a listener hands its socket over, and goes when it is told that it has arrived", async () => {
  const [, socket] = (await once(child, "message")) as [string, { close(): void }];
  socket.close();
  child.disconnect();

  expect(await once(child, "exit")).toEqual([0, null]);
});
