// What the stack's state knows of its machines. The `-system` step of a machine was given everything that is needed to work on it: address,
// pinned keys, facts, the cloud's API.
import type { Command } from "commander";
import { z } from "zod";
import { nearest } from "../config/reading/nearest";
import { documents, type StepInput, type StepOutput } from "../steps/documents";
import type { VolumeFacts } from "../steps/facts";
import { Pulumi } from "./pulumi";
import { WrongUsage } from "./trouble";

/** How Pulumi marks a secret in a state. */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";

/** Variable in a `-system` step's environment whose change is what makes the engine run it again. */
export const SYSTEM_VARIABLE = "NIXOS_VPS_SYSTEM";

const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
  delete: z.boolean().optional(),
});
export type StateResource = z.infer<typeof resource>;

const operation = z.looseObject({ type: z.string(), resource: z.looseObject({ urn: z.string() }) });

const checkpoint = z.looseObject({
  deployment: z.looseObject({
    manifest: z.unknown().optional(),
    resources: z.array(resource).nullish(),
    pending_operations: z.array(operation).nullish(),
  }),
});
/** What `pulumi stack export` prints. Everything that is not read here is kept as it is. */
export type Checkpoint = z.infer<typeof checkpoint>;

/** A machine as the state has it: what its last `pulumi up` was told and what came of it. */
export interface MachineRecord {
  name: string;
  /**
   * What the switch was given last: address, pinned keys, facts, API; but the ssh port is the one where the machine listens, which a rollback
   * may have changed. The token in the environment comes before the recorded one.
   */
  document: StepInput<"switch">;
  /** The ssh port of the configuration, as the switch was given it. */
  configuredPort: number;
  /** What the last switch answered; undefined when none has succeeded yet. */
  answer: StepOutput<"switch"> | undefined;
  volumes: VolumeFacts[];
  /** How to reach Hetzner's API for this machine. */
  cloud: StepInput<"switch">["api"];
  /** Hash of flake and facts that the machine was brought to last, or words of a rollback. */
  version: string;
  /** The `-system` step. */
  urn: string;
}

/** One stack, read once. */
export class Stack {
  private constructor(
    readonly pulumi: Pulumi,
    /** Its machines, in the order of the state. */
    readonly machines: MachineRecord[],
    /** What the leases of volumes were given, also those of machines that are not finished. */
    readonly leases: StepInput<"lease">[],
    /** `writtenAt` of the state that was read. */
    readonly written: string,
    private readonly unfinished: string[],
  ) {}

  /** Reads the state with its secrets, which stay in memory. */
  static async read(pulumi: Pulumi): Promise<Stack> {
    const state = parseCheckpoint(await pulumi.run(["stack", "export", "--show-secrets"]));
    const { deployment } = state;
    const resources = (deployment.resources ?? []).filter((one) => !one.delete);
    const machines = resources.flatMap(machineRecord);
    const made = resources.filter(({ type }) => type === "nixos-vps:index:Machine").map(({ urn }) => nameOf(urn));
    return new Stack(
      pulumi,
      machines,
      resources.flatMap(leaseDocument),
      writtenAt(state),
      made.filter((name) => machines.every((machine) => machine.name !== name)),
    );
  }

  /** The project's folder, which paths in documents start from. */
  get folder(): string {
    return this.pulumi.folder;
  }

  /** @throws {WrongUsage} when there is no such machine, or when it was never finished */
  machine(name: string): MachineRecord {
    const found = this.machines.find((machine) => machine.name === name);
    if (found) return found;
    if (this.unfinished.includes(name)) {
      throw new WrongUsage({ what: `The machine ${name} is not finished: no system was put on it yet.`, next: "Run `pulumi up` first." });
    }
    const all = this.machines.map((machine) => machine.name);
    if (all.length === 0) {
      throw new WrongUsage({
        what: `This stack has no machine at the moment, so no ${name} either.`,
        next: "`pulumi up` makes what the configuration names.",
      });
    }
    const meant = nearest(name, all);
    throw new WrongUsage({
      what: `This stack has no machine "${name}".`,
      next: `${meant === undefined ? "" : `Did you mean ${meant}? `}There are: ${all.join(", ")}.`,
    });
  }
}

/** Opens the stack that the command line names. */
export async function openStack(command: Command): Promise<Stack> {
  return Stack.read(await Pulumi.open(command.optsWithGlobals()));
}

/** @throws Error when it is no state of Pulumi's */
export function parseCheckpoint(text: string): Checkpoint {
  return checkpoint.parse(JSON.parse(text));
}

/** Another one after each write of an operation of Pulumi's, which writes before and after each of its steps. */
export function writtenAt({ deployment }: Checkpoint): string {
  return JSON.stringify(deployment.manifest ?? null);
}

/** Whether this is the step that switches a machine's system. */
export function isSystemStep({ type, inputs }: StateResource): boolean {
  return type === "command:local:Command" && plain(inputs?.["create"]) === "./steps/run switch";
}

function machineRecord(step: StateResource): MachineRecord[] {
  if (!isSystemStep(step)) return [];
  const told = documents.switch.input.safeParse(jsonOf(step.inputs?.["stdin"]));
  if (!told.success) return [];
  const environment = z.record(z.string(), z.unknown()).safeParse(plain(step.inputs?.["environment"])).data ?? {};
  const version = plain(environment[SYSTEM_VARIABLE]);
  const { api, facts, machine, ssh } = told.data;
  const answer = documents.switch.output.safeParse(jsonOf(step.outputs?.["stdout"])).data;
  const token = process.env["HCLOUD_TOKEN"];
  return [
    {
      name: machine,
      document: { ...told.data, ssh: { ...ssh, port: answer?.port ?? ssh.port } },
      configuredPort: ssh.port,
      answer,
      volumes: facts.storage.volumes,
      cloud: { ...api, ...(token && { token }) },
      version: typeof version === "string" ? version : "",
      urn: step.urn,
    },
  ];
}

function leaseDocument({ type, inputs }: StateResource): StepInput<"lease">[] {
  if (type !== "command:local:Command" || plain(inputs?.["create"]) !== "./steps/run lease") return [];
  const told = documents.lease.input.safeParse(jsonOf(inputs?.["stdin"]));
  return told.success ? [told.data] : [];
}

/** A value of the state without the wrapping of a secret. */
export function plain(value: unknown): unknown {
  const secret = z.object({ [SECRET_KEY]: z.literal(SECRET_MARK), plaintext: z.string() }).safeParse(value);
  return secret.success ? (JSON.parse(secret.data.plaintext) as unknown) : value;
}

function jsonOf(value: unknown): unknown {
  const text = plain(value);
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
