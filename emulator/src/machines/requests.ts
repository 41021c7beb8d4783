// What machines ask of the emulator: to wait on its clock, to change power, to leave for the installer.
import { pause } from "./activity";
import type { Machine } from "./machine";
import type { Request } from "./namespace";

type Answer = (machine: Machine, request: Request) => Promise<string>;

const answers: Record<string, Answer> = { sleep, power, kexec };

/** Answers one request; what fails becomes `error ...`. */
export async function answer(machine: Machine, request: Request): Promise<void> {
  const namespace = machine.namespace;
  const todo = answers[request.verb];
  const text = todo ? await todo(machine, request).catch((error: unknown) => failure(error)) : `error unknown request ${request.verb}`;
  namespace?.reply(request, text);
}

function failure(error: unknown): string {
  return `error ${error instanceof Error ? error.message : String(error)}`;
}

/** A machine's `sleep` sleeps in virtual time. */
async function sleep(machine: Machine, { session, args: [seconds = "0"] }: Request): Promise<string> {
  await machine.world.activities.waitFor(session, () => pause(machine.world.clock, Number(seconds), machine.namespace?.over));
  return "ok";
}

async function power(machine: Machine, { session, args: [how = "poweroff", force] }: Request): Promise<string> {
  const kind = how === "reboot" ? "reboot" : "poweroff";
  // The command that asks for it ends first, as with systemd, which only begins to stop things.
  void machine.world.activities.ended(session).then(async () => {
    if (force !== "force") return machine.down(kind, "machine");
    if (kind === "reboot") return machine.reset();
    await machine.powerOff();
    machine.world.powerChanged(machine.id, "off");
  });
  return Promise.resolve("ok");
}

async function kexec(machine: Machine, { args: [file = ""] }: Request): Promise<string> {
  const read = await machine.namespace?.run(["base64", "-w", "0", file]);
  if (read?.code !== 0) throw new Error(`kexec: ${read?.stderr.trim() ?? "the machine is off"}`);
  void machine.kexec(Buffer.from(read.stdout, "base64"));
  return "ok";
}
