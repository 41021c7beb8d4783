// How figures are told: to a person as a table with its parts, to a program as JSON.
import pc from "picocolors";
import { type Figure, type Measured, type Part, reached, type Value } from "./figure";

export interface Outcome {
  figure: Pick<Figure, "name" | "title">;
  /** Absent when it could not be measured. */
  measured?: Measured;
  error?: string;
}

/** Whether all was measured and all goals were reached. */
export function allGood(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ measured }) => measured !== undefined && reached(measured.values));
}

/** One object: each value under its key, and everything else below `details`. */
export function asJson(outcomes: readonly Outcome[]): Record<string, unknown> {
  const values = outcomes.flatMap(({ measured }) => measured?.values ?? []);
  return {
    ...Object.fromEntries(values.map(({ key, value }) => [key, rounded(value)])),
    ok: allGood(outcomes),
    details: outcomes.map(({ figure, measured, error }) => ({
      name: figure.name,
      title: figure.title,
      ...(measured && { values: measured.values, parts: measured.parts, notes: measured.notes }),
      ...(error !== undefined && { error }),
    })),
  };
}

/** For a person: the numbers, then what they are made of. */
export function asText({ figure, measured, error }: Outcome): string {
  if (!measured) return `${pc.bold(figure.title)}\n  ${pc.red("could not be measured")}: ${error ?? ""}\n`;
  const width = Math.max(0, ...measured.values.map(({ key }) => key.length));
  const lines = [
    ...measured.values.map((value) => `  ${value.key.padEnd(width)}  ${amount(value).padStart(12)}${judgement(value)}`),
    ...partLines(measured.parts),
    ...measured.notes.map((note) => pc.dim(`  ${note}`)),
  ];
  return `${pc.bold(figure.title)}\n${lines.join("\n")}\n`;
}

function partLines(parts: readonly Part[]): string[] {
  const groups = [...new Set(parts.map(({ of }) => of))];
  return groups.flatMap((group) => [
    `  ${group}:`,
    ...parts.filter(({ of }) => of === group).map((part) => `    ${amount(part).padStart(12)}  ${part.name}`),
  ]);
}

function judgement({ value, goal }: Value): string {
  if (goal === undefined) return "";
  const words = `goal: at most ${goal.toString()}`;
  return value <= goal ? pc.green(`  ok, ${words}`) : pc.red(`  MISSED, ${words}`);
}

function amount({ value, unit }: Pick<Value, "value" | "unit">): string {
  if (unit === "ratio") return value.toFixed(2);
  return unit === "s" ? `${value.toFixed(1)} s` : `${rounded(value).toString()} ${unit}`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
