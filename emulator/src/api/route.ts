// What a route of the API is: a method, a path, the shape of its body, and what it does.
import { z } from "zod";
import { invalidInput } from "../model/errors";
import type { Project } from "../model/project";
import type { World } from "../model/world";
import type { Query } from "./query";

export interface Call<Body> {
  world: World;
  project: Project;
  /** The number in the path; 0 where there is none. */
  id: number;
  /** Further parts of the path, e.g. an action's id. */
  params: Record<string, string>;
  query: Query;
  body: Body;
  /** The address of the request without its query, for links to other pages. */
  url: string;
}

export interface Answer {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Route {
  method: Method;
  path: string;
  handle: (call: Call<unknown>) => Answer | Promise<Answer>;
}

export const get = (path: string, handle: (call: Call<unknown>) => Answer): Route => ({ method: "GET", path, handle });
export const remove = (path: string, handle: (call: Call<unknown>) => Answer | Promise<Answer>): Route => ({
  method: "DELETE",
  path,
  handle,
});

export function post<S extends z.ZodType>(path: string, body: S, handle: (call: Call<z.output<S>>) => Answer | Promise<Answer>): Route {
  return {
    method: "POST",
    path,
    handle: (call) => {
      const valid = validate(body, call.body);
      call.world.limits.requireRoom(call.project, path);
      return handle({ ...call, body: valid });
    },
  };
}

export function put<S extends z.ZodType>(path: string, body: S, handle: (call: Call<z.output<S>>) => Answer | Promise<Answer>): Route {
  return { method: "PUT", path, handle: (call) => handle({ ...call, body: validate(body, call.body) }) };
}

/** @throws ApiError `invalid_input` that names every field that is wrong */
export function validate<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  let result = schema.safeParse(body ?? {});
  if (!result.success) {
    // Go's client writes null for what it was not given; where null means nothing, it is as if it were not there.
    const nulls = result.error.issues.filter(({ path }) => path.length > 0 && at(body, path) === null);
    if (nulls.length > 0) result = schema.safeParse(nulls.reduce((rest, { path }) => without(rest, path), body));
  }
  if (result.success) return result.data;
  const fields = new Map<string, string[]>();
  for (const issue of result.error.issues) {
    const name = issue.path.join(".") || "body";
    fields.set(name, [...(fields.get(name) ?? []), issue.message]);
  }
  throw invalidInput([...fields].map(([name, messages]) => ({ name, messages })));
}

type Path = PropertyKey[];

const at = (value: unknown, path: Path): unknown =>
  path.reduce(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );

/** A copy that lacks what is at the path; lists keep their places. */
function without(value: unknown, [key, ...rest]: Path): unknown {
  if (typeof value !== "object" || value === null || key === undefined) return value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<PropertyKey, unknown>;
  if (rest.length > 0) copy[key] = without(copy[key], rest);
  else Reflect.deleteProperty(copy, key);
  return copy;
}

export const ok = (body: object): Answer => ({ status: 200, body });
export const created = (body: object): Answer => ({ status: 201, body });
export const noContent = (): Answer => ({ status: 204 });
