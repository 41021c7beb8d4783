// What machines ask of the emulator: to wait on its clock, to change power, to leave for the installer, to build a system, to start
// what outlives the session that asks.
import { buildOnMachine } from "./build";
import type { Machine } from "./machine";
import type { Request } from "./namespace";

type Answer = (machine: Machine, request: Request) => Promise<string>;

const answers: Record<string, Answer> = {
  sleep,
  wait,
  power,
  kexec,
  sshd,
  build,
  timer,
  untimer,
  left,
  service,
  changed,
  note,
  violation,
  map,
};

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
  await machine.waitFor(session, Number(seconds));
  return "ok";
}

/** Work that takes its time, by the name of its latency. */
async function wait(machine: Machine, { session, args: [name = ""] }: Request): Promise<string> {
  const latencies: Partial<Record<string, number>> = { ...machine.world.latencies };
  await machine.waitFor(session, latencies[name] ?? 0);
  return "ok";
}

async function power(machine: Machine, { session, args: [how = "poweroff", force] }: Request): Promise<string> {
  const kind = how === "reboot" ? "reboot" : "poweroff";
  // The command that asks for it ends first, as with systemd, which only begins to stop things.
  const after = async (): Promise<void> => {
    await machine.world.activities.ended(session);
    if (force !== "force") return machine.down(kind, "machine");
    if (kind === "reboot") return machine.reset();
    await machine.powerOff();
    machine.world.powerChanged(machine.id, "off");
  };
  after().catch((error: unknown) => machine.note(`${kind} failed: ${String(error)}`));
  return Promise.resolve("ok");
}

async function kexec(machine: Machine, { args: [file = ""] }: Request): Promise<string> {
  const read = await machine.namespace?.run(["base64", "-w", "0", file]);
  if (read?.code !== 0) throw new Error(`kexec: ${read?.stderr.trim() ?? "the machine is off"}`);
  machine.kexec(Buffer.from(read.stdout, "base64")).catch((error: unknown) => machine.note(`kexec failed: ${String(error)}`));
  return "ok";
}

async function sshd(machine: Machine, { args: [what] }: Request): Promise<string> {
  if (what === "stop") {
    await machine.sshds.stopListening();
    return "ok";
  }
  const complaint = await machine.sshds.reload();
  if (complaint !== undefined) throw new Error(complaint);
  return "ok";
}

/** A flake's system, evaluated and brought into the machine's store. One build at a time. */
async function build(machine: Machine, { session, args: [folder = "", attribute = ""] }: Request): Promise<string> {
  return buildOnMachine(machine, session, folder, attribute);
}

/** Arms a timer that starts a service; nobody waits for it. */
async function timer(machine: Machine, { args: [unit = "", seconds = "0"] }: Request): Promise<string> {
  machine.timers.arm(unit, Number(seconds));
  return Promise.resolve("ok");
}

async function untimer(machine: Machine, { args: [unit = ""] }: Request): Promise<string> {
  machine.timers.disarm(unit);
  return Promise.resolve("ok");
}

/** Seconds until a timer fires. */
async function left(machine: Machine, { args: [unit = ""] }: Request): Promise<string> {
  return Promise.resolve(String(Math.round(machine.timers.left(unit))));
}

/** Starts a transient service; with `wait`, the answer is its exit code. */
async function service(machine: Machine, { session, args: [unit = "", waits] }: Request): Promise<string> {
  const done = machine.work(["/.emulator/bin/emulator-unit-run", unit]);
  if (waits !== "wait") {
    void done.catch(() => undefined);
    return "0";
  }
  const { code } = await machine.world.activities.waitFor(session, () => done);
  return String(code);
}

/** Shows what is in an opened LUKS as a device of its own. */
async function map(machine: Machine, { args: [node = "", name = "", offset = "0"] }: Request): Promise<string> {
  const { namespace } = machine;
  if (!namespace) throw new Error("the machine is off");
  await machine.devices.map(namespace, node, { name, offset: Number(offset) });
  return "ok";
}

async function changed(machine: Machine): Promise<string> {
  await machine.look();
  return "ok";
}

async function note(machine: Machine, { args }: Request): Promise<string> {
  machine.note(args.join(" "));
  return Promise.resolve("ok");
}

async function violation(machine: Machine, { args }: Request): Promise<string> {
  machine.world.journal.add({ kind: "violation", serverId: machine.id, text: args.join(" ") });
  return Promise.resolve("ok");
}
