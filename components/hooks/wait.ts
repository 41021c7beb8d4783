import * as pulumi from "@pulumi/pulumi";

const LIMIT_MS = 120_000;
const PAUSE_MS = 500;

/**
 * Asks again and again until the answer is yes.
 *
 * @throws Error after two minutes
 */
export async function poll(waitingFor: string, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`Waited two minutes for ${waitingFor}. Run \`pulumi up\` again.`);
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

/** The value of an output that is known to resolve. */
export function valueOf<T>(input: pulumi.Input<T>): Promise<T> {
  return new Promise((resolve) => {
    pulumi.output(input).apply((value) => {
      resolve(value as T);
    });
  });
}
