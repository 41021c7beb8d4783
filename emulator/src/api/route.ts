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
  return { method: "POST", path, handle: (call) => handle({ ...call, body: validate(body, call.body) }) };
}

export function put<S extends z.ZodType>(path: string, body: S, handle: (call: Call<z.output<S>>) => Answer | Promise<Answer>): Route {
  return { method: "PUT", path, handle: (call) => handle({ ...call, body: validate(body, call.body) }) };
}

/** @throws ApiError `invalid_input` that names every field that is wrong */
export function validate<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const fields = new Map<string, string[]>();
  for (const issue of result.error.issues) {
    const name = issue.path.join(".") || "body";
    fields.set(name, [...(fields.get(name) ?? []), issue.message]);
  }
  throw invalidInput([...fields].map(([name, messages]) => ({ name, messages })));
}

export const ok = (body: object): Answer => ({ status: 200, body });
export const created = (body: object): Answer => ({ status: 201, body });
export const noContent = (): Answer => ({ status: 204 });
