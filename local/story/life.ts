// The life of one machine, phase by phase, with what has to be true after each.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "../../emulator/src";
import type { Events } from "../events";
import type { Operator } from "../operator";
import type { Stack } from "../stack";
import type { Report } from "./report";

export const MACHINE = "devserver";
const NOTE = "what I was working on";

export interface Cast {
  cloud: Emulator;
  stack: Stack;
  operator: Operator;
  events: Events;
  report: Report;
}

interface Outputs {
  machines: Record<
    string,
    { hostPublicKey: string; serverId: number; volumeIds: Record<string, number>; generation: number; sshCommand: string }
  >;
  sshConfig: string;
}

export function settings(operator: Operator, recreate: number): Record<string, unknown> {
  return {
    admin: { name: "qwe", sshKeys: [operator.publicKey] },
    machines: { [MACHINE]: { serverType: "cx23", location: "fsn1", recreate, volumes: { home: { size: 10 } } } },
  };
}

/** Tells the whole life. What fails is in the report. */
export async function liveALife(cast: Cast): Promise<void> {
  const { cloud, stack, operator, events, report } = cast;
  const machine = async () => {
    const outputs = await stack.outputs<Outputs>();
    const found = outputs.machines[MACHINE];
    if (!found) throw new Error(`the stack has no output for ${MACHINE}`);
    return { ...found, sshConfig: outputs.sshConfig };
  };
  const onMachine = async (command: string, input?: string) =>
    operator.ssh({ sshConfig: (await machine()).sshConfig, fragment: cloud.sshConfig, machine: MACHINE }, command, input);
  const noteIsThere = async (check: Parameters<Parameters<Report["phase"]>[1]>[0]) => {
    const text = await onMachine("cat ~/note.txt");
    check("the file in /home is there", text === NOTE, text);
  };

  await report.phase("up: a machine is made", async (check) => {
    const began = events.mark();
    await stack.up();
    const { volumeIds } = await machine();
    const steps = events.changesSince(began).filter((change) => change.startsWith("step"));
    check(
      "staged, leased, taken over, switched to",
      isSame(steps, ["step stage", "step lease", "step takeOver", "step switch"]),
      steps.join(", "),
    );
    check("ssh by the stack's own output, host key pinned", (await onMachine("hostname")) === MACHINE);
    const home = await onMachine("findmnt -n -o FSTYPE /home && findmnt -n /nix >/dev/null && echo store");
    check("/home is the volume (ext4) and /nix comes from it", isSame(home.split("\n"), ["ext4", "store"]), home);
    check("one volume exists", Object.keys(volumeIds).length === 1);
  });
  const first = await machine();

  await report.phase("a file is written to /home over ssh", async (check) => {
    await onMachine("cat > ~/note.txt", NOTE);
    await noteIsThere(check);
  });

  await report.phase("the configuration is changed: up switches the running machine", async (check) => {
    appendFileSync(join(stack.project.folder, "nix", "hosts", MACHINE, "default.nix"), "# a change\n");
    const began = events.mark();
    await stack.up();
    const changes = events.changesSince(began);
    check("nothing but the switch ran", isSame(changes, ["step switch"]), changes.join(", "));
    check("a new generation is active", (await machine()).generation > first.generation);
    check("on the same server", (await machine()).serverId === first.serverId);
    await noteIsThere(check);
  });

  await report.phase("up again: nothing to do", async (check) => {
    const began = events.mark();
    await stack.up("--expect-no-changes");
    check("no change, no connection to the machine", isSame(events.changesSince(began), []) && isSame(events.connectionsSince(began), []));
    const requests = events.requestsSince(began);
    check("one list call of the API", isSame(requests, ["GET /volumes"]), requests.join(", "));
  });

  await report.phase("recreate: a new server beside the old one", async (check) => {
    stack.project.configure(stack.name, settings(operator, 1));
    const [began, cloudBegan] = [events.mark(), cloud.clock.now()];
    await stack.up();
    const changes = events.changesSince(began);
    const order = [
      "POST /servers",
      "step stage",
      "step release",
      "POST /volumes/:id/actions/detach",
      "POST /volumes/:id/actions/attach",
      "step lease",
      "step takeOver",
      "step switch",
      "DELETE /servers/:id",
    ];
    check("the old server serves until the new one is staged, and goes last", isSame(changes, order), changes.join(", "));
    const now = await machine();
    check(
      "another server, the same volume",
      now.serverId !== first.serverId && isSame(Object.values(now.volumeIds), Object.values(first.volumeIds)),
    );
    check("the same host key", now.hostPublicKey === first.hostPublicKey);
    await noteIsThere(check);
    const unserved = cloud.unserved(MACHINE, cloudBegan, cloud.clock.now()) / 1000;
    console.log(
      `  nothing was served for ${unserved.toFixed(0)} s of ${((cloud.clock.now() - cloudBegan) / 1000).toFixed(0)} s at Hetzner`,
    );
  });

  await report.phase("destroy: servers gone, volume kept", async (check) => {
    await stack.destroy();
    const state = cloud.snapshot();
    check("no server is left", state.servers.length === 0);
    check("the volume is kept, attached to nothing", state.volumes.length === 1 && state.volumes[0]?.server === null);
  });

  await report.phase("up: the volume is found again", async (check) => {
    await stack.up();
    const now = await machine();
    check(
      "adopted, not made anew",
      isSame(Object.values(now.volumeIds), Object.values(first.volumeIds)) && cloud.snapshot().volumes.length === 1,
    );
    await noteIsThere(check);
    check("nothing that must never happen has happened", cloud.journal.violations().length === 0);
  });
}

function isSame(seen: unknown[], expected: unknown[]): boolean {
  return JSON.stringify(seen) === JSON.stringify(expected);
}
