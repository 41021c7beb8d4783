// Reading a step's document: every wrong field is named, no value is shown, because a value may be a secret.
import { documents, type StepInput, type StepName } from "./documents";

/**
 * @returns the document, or what is wrong with it in words
 */
export function readDocument<S extends StepName>(step: S, text: string): { document: StepInput<S> } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: `steps/run ${step}: stdin is not a JSON document (${text.length} characters). Nothing was touched.` };
  }
  const parsed = documents[step].input.safeParse(value);
  if (parsed.success) return { document: parsed.data as StepInput<S> };
  const fields = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(the document)"}: ${issue.message}`);
  return { problem: [`steps/run ${step}: the document on stdin is not valid. Nothing was touched.`, ...fields].join("\n") };
}

/** Values of a document that must never be shown. */
export function secretsOf(input: StepInput<StepName>): string[] {
  return [
    input.ssh.deployKey,
    input.api.token,
    ...("hostKey" in input ? [input.hostKey] : []),
    ...("passphrases" in input ? Object.values(input.passphrases ?? {}) : []),
    process.env.HCLOUD_TOKEN ?? "",
  ];
}
