// When a blow falls, on a cloud that is played.
import { Journal } from "../../emulator/src/journal";
import type { Running } from "../../local/stack";
import type { World } from "../lifecycle/support/world";
import { strike } from "./strike";

const running = {} as Running;

test("a server that stops without a pause is struck once, though its end is written in the journal that says when to strike", async () => {
  const journal = new Journal(() => 0);
  const crash = jest.fn(() => {
    journal.add({ kind: "machine", serverId: 1, text: "crash" });
    return Promise.resolve();
  });
  const reset = jest.fn(() => Promise.resolve());
  const host = { powerState: () => "running", crash, reset };
  const cloud = { journal, host, faults: { clear: jest.fn() }, snapshot: () => ({ servers: [{ id: 1 }] }) };
  const armed = strike(
    { cloud } as unknown as World,
    { operation: "create", layout: "home", disturbance: { at: 0, blow: { what: "server", which: 0 } } },
    running,
  );

  journal.add({ kind: "api", text: "POST /servers" });
  journal.add({ kind: "api", text: "GET /servers" });

  expect(await armed.over()).toBe(true);
  expect(crash).toHaveBeenCalledTimes(1);
  expect(reset).toHaveBeenCalledTimes(1);
});

test("a blow that comes after the operation's end does not fall", async () => {
  const journal = new Journal(() => 0);
  const dropResponseNext = jest.fn();
  const cloud = { journal, faults: { clear: jest.fn(), dropResponseNext } };
  const armed = strike(
    { cloud } as unknown as World,
    { operation: "switch", layout: "home", disturbance: { at: 0.5, blow: { what: "api", how: "lost answer", times: 1 } } },
    running,
  );
  journal.add({ kind: "api", text: "GET /servers" });

  expect(await armed.over()).toBe(false);
  journal.add({ kind: "api", text: "GET /servers" });
  expect(dropResponseNext).not.toHaveBeenCalled();
});
