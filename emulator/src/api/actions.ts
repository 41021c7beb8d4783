// Actions: what runs or ran, for all resources alike.
import { z } from "zod";
import type { Step } from "../model/actions";
import { ApiError, notFound } from "../model/errors";
import type { Project } from "../model/project";
import type { Action } from "../model/records";
import type { World } from "../model/world";
import { list, type ListOptions } from "./list";
import { type Answer, type Call, created, get, ok, post, type Route } from "./route";

export function presentAction(world: World, action: Action): object {
  return {
    id: action.id,
    command: action.command,
    status: action.status,
    progress: world.actions.progress(action),
    started: action.started,
    finished: action.finished,
    resources: action.resources,
    error: action.error,
  };
}

/**
 * Starts one action and answers with it.
 *
 * @param more what the answer says beside it
 * @throws ApiError `locked`
 */
export function begin(call: Call<unknown>, step: Step, more: object = {}): Answer {
  return created({ action: presentAction(call.world, call.world.actions.start(call.project, step)), ...more });
}

/** Starts an action that only changes what is on record about one resource. */
export function beginChange(call: Call<unknown>, type: string, id: number, command: string, effect: () => unknown): Answer {
  return begin(call, { command, resources: [{ type, id }], seconds: call.world.latencies.action, effect: () => void effect() });
}

/**
 * The route that protects a resource from being deleted.
 *
 * @param path of the resources, e.g. `/volumes`
 * @param type the type in an action's `resources`, e.g. `volume`
 * @param require finds the resource that is asked for, or refuses
 * @param wanted the field of the body; with some resources it must be there
 */
export function protectionRoute(
  path: string,
  type: string,
  require: (call: Call<unknown>) => { id: number; protection: { delete: boolean } },
  wanted: z.ZodType<boolean | undefined> = z.boolean().optional(),
): Route {
  return post(`${path}/actions/change_protection`, z.object({ delete: wanted }), (call) => {
    const resource = require(call);
    const protect = call.body.delete ?? resource.protection.delete;
    return beginChange(call, type, resource.id, "change_protection", () => (resource.protection.delete = protect));
  });
}

function listOf(call: Call<unknown>, items: Action[]): ListOptions<Action> {
  return {
    key: "actions",
    items,
    present: (action) => presentAction(call.world, action),
    filters: { id: (action) => action.id, status: (action) => action.status },
    sort: {
      id: (action) => action.id,
      command: (action) => action.command,
      status: (action) => action.status,
      started: (action) => action.started,
      finished: (action) => action.finished ?? "",
    },
  };
}

export const actionRoutes: Route[] = [
  get("/actions", (call) => {
    // Listing all actions of a project was removed on 2025-01-30; asking for some by id was not.
    if (call.query.all("id").length === 0) {
      throw new ApiError(410, "deprecated_api_endpoint", "listing actions without ids was removed; ask with ?id= or for one resource");
    }
    return list(call, listOf(call, [...call.project.actions.values()]));
  }),
  get("/actions/:id", (call) => ok({ action: presentAction(call.world, requireAction(call.project, call.id)) })),
];

/**
 * The routes that every resource with actions has: `/servers/actions`, `/servers/actions/:id`, `/servers/:id/actions`,
 * `/servers/:id/actions/:action_id`.
 *
 * @param type the type in an action's `resources`, e.g. `server`
 * @param require throws `not_found` when there is no such resource
 */
export function actionRoutesOf(path: string, type: string, require: (project: Project, id: number) => unknown): Route[] {
  return actionRoutesAt(path, ":id", type, ({ project, id }) => {
    require(project, id);
    return id;
  });
}

/**
 * The same where a path does not name a resource by its number.
 *
 * @param parameter how the resource stands in the path, e.g. `:id_or_name`
 * @param idOf finds the resource's number, or throws `not_found`
 */
export function actionRoutesAt(path: string, parameter: string, type: string, idOf: (call: Call<unknown>) => number): Route[] {
  const ofType = (project: Project): Action[] =>
    [...project.actions.values()].filter(({ resources }) => resources.some((each) => each.type === type));
  const of = (project: Project, id: number): Action[] =>
    ofType(project).filter(({ resources }) => resources.some((each) => each.type === type && each.id === id));
  return [
    get(`${path}/actions`, (call) => list(call, listOf(call, ofType(call.project)))),
    get(`${path}/actions/:id`, (call) => {
      const found = ofType(call.project).find((action) => action.id === call.id);
      if (!found) throw notFound("action", call.id);
      return ok({ action: presentAction(call.world, found) });
    }),
    get(`${path}/${parameter}/actions`, (call) => list(call, listOf(call, of(call.project, idOf(call))))),
    get(`${path}/${parameter}/actions/:action_id`, (call) => {
      const wanted = call.params["action_id"];
      const found = of(call.project, idOf(call)).find((action) => String(action.id) === wanted);
      if (!found) throw notFound("action", wanted ?? "");
      return ok({ action: presentAction(call.world, found) });
    }),
  ];
}

function requireAction(project: Project, id: number): Action {
  const found = project.actions.get(id);
  if (!found) throw notFound("action", id);
  return found;
}
