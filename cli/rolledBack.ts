// How Pulumi's state is told of a rollback: the recorded reason of the machine's last switch becomes words. Since the program says another
// reason, the next preview shows the machine as changed, and the next `up` goes forward, saying from what.
import { z } from "zod";
import type { StepOutput } from "../steps/documents";
import { type Checkpoint, isSystemStep, plain, SYSTEM_VARIABLE } from "./stack";

const WORDS = /^rolled back to generation (\d+) on (.*?); was (.*)$/s;

/** What stands in place of a hash, e.g. `rolled back to generation 41 on 2026-03-01 12:00 UTC; was 3b0c…`. */
export function rolledBackVersion(generation: number, when: string, former: string): string {
  return `rolled back to generation ${generation} on ${when}; was ${parseRolledBack(former)?.former ?? former}`;
}

/** @returns undefined when it is an ordinary version */
export function parseRolledBack(version: string): { generation: number; when: string; former: string } | undefined {
  const [, generation, when = "", former = ""] = WORDS.exec(version) ?? [];
  return generation === undefined ? undefined : { generation: Number(generation), when, former };
}

/** What the state says of a machine's last switch. */
export interface Told {
  version: string;
  /** What the switch answered, where the machine listens among it; undefined when it has never succeeded. */
  answer: StepOutput<"switch"> | undefined;
}

/**
 * A state in which a machine was brought to another version. Nothing else of it changes.
 *
 * @param urn of the machine's `-system` step
 * @throws Error when the state has no such step
 */
export function withVersion(state: Checkpoint, urn: string, { version, answer }: Told): Checkpoint {
  const resources = state.deployment.resources ?? [];
  const known = resources.filter((one) => one.urn === urn && !one.delete && isSystemStep(one));
  if (known.length === 0) throw new Error(`the stack's state has no ${urn} any more`);
  return {
    ...state,
    deployment: {
      ...state.deployment,
      resources: resources.map((one) =>
        known.includes(one)
          ? { ...one, inputs: withVariable(one.inputs, version), outputs: withAnswer(withVariable(one.outputs, version), answer) }
          : one,
      ),
    },
  };
}

/** The other reasons for a switch stay as they are. Where the environment is a secret, it is none any more: hashes and words are no secret. */
function withVariable(properties: Record<string, unknown> | undefined, version: string): Record<string, unknown> | undefined {
  if (!properties || !("environment" in properties)) return properties;
  const environment = z.record(z.string(), z.unknown()).safeParse(plain(properties["environment"])).data ?? {};
  return { ...properties, environment: { ...environment, [SYSTEM_VARIABLE]: version } };
}

/** The next switch is handed it, and looks for the machine at the port that it says. No secret either. */
function withAnswer(outputs: Record<string, unknown> | undefined, answer: Told["answer"]): Record<string, unknown> | undefined {
  return outputs && answer ? { ...outputs, stdout: JSON.stringify(answer) } : outputs;
}
