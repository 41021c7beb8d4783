// Metrics. Nothing is measured: each series is a daily swing with some noise around it, made of its name, the resource's number and the
// time, so that the same question always has the same answer.
import { createHash } from "node:crypto";
import { type FieldProblem, invalidInput } from "../model/errors";
import type { Call } from "./route";

/** Around which value a series swings, and what it never exceeds. */
export interface Shape {
  usual: number;
  most: number;
}

const DAY = 86_400;
/** Nothing older is known, in seconds. */
const KEPT = 30 * DAY;
const USUAL_SAMPLES = 200;
const MAX_SAMPLES = 500;

interface Question {
  types: string[];
  /** Seconds since 1970. */
  start: number;
  end: number;
  /** Seconds between two samples. */
  step: number;
}

/**
 * @param of whose metrics, and since when there can be any
 * @param series by the type that is asked for
 * @throws ApiError `invalid_input` that names each parameter that is wrong
 */
export function metricsOf(call: Call<unknown>, of: { id: number; created: string }, series: Record<string, Record<string, Shape>>): object {
  const { types, start, end, step } = questionOf(call, Object.keys(series));
  const now = (call.world.epoch + call.world.clock.now()) / 1000;
  const known = { from: Math.max(Date.parse(of.created) / 1000, now - KEPT), to: now };
  const moments: number[] = [];
  for (let at = start; at <= end; at += step) if (at >= known.from && at <= known.to) moments.push(at);
  const shapes = Object.assign({}, ...types.map((type) => series[type])) as Record<string, Shape>;
  const values = Object.entries(shapes).map(([name, shape]) => [
    name,
    { values: moments.map((at) => [at, valueAt(`${of.id} ${name}`, shape, at)]) },
  ]);
  return { start: moment(start), end: moment(end), step, time_series: Object.fromEntries(values) as object };
}

function questionOf({ query }: Call<unknown>, known: string[]): Question {
  const problems: FieldProblem[] = [];
  const problem = (name: string, message: string): void => void problems.push({ name, messages: [message] });
  const types = query.all("type").flatMap((text) => text.split(","));
  if (types.length === 0) problem("type", "is required");
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined) problem("type", `'${unknown}' is none of ${known.join(", ")}`);
  const [start, end] = ["start", "end"].map((name) => {
    const at = Date.parse(query.one(name) ?? "") / 1000;
    if (Number.isNaN(at)) problem(name, query.one(name) === undefined ? "is required" : "is not a moment in ISO 8601");
    return at;
  }) as [number, number];
  if (end <= start) problem("end", "must be after start");
  const step = query.one("step") === undefined ? (end - start) / USUAL_SAMPLES : Number(query.one("step"));
  if (!(step > 0) && problems.length === 0) problem("step", "must be a number of seconds above 0");
  if (problems.length > 0) throw invalidInput(problems);
  return { types, start, end, step: Math.max(1, Math.ceil(step), Math.ceil((end - start) / (MAX_SAMPLES - 1))) };
}

function valueAt(seed: string, { usual, most }: Shape, at: number): string {
  const noise =
    createHash("sha256")
      .update(`${seed} ${Math.floor(at)}`)
      .digest()
      .readUInt32BE() /
    2 ** 32;
  const swing = 1 + 0.6 * Math.sin((2 * Math.PI * at) / DAY) + 0.4 * (noise - 0.5);
  // Now and then there is more to do.
  const peak = noise > 0.98 ? most - usual : 0;
  return String(Math.min(most, usual * swing + peak * (noise - 0.5)));
}

const moment = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
