// Actions: what runs or ran, for all resources alike.
import { notFound } from "../model/errors";
import type { Project } from "../model/project";
import type { Action } from "../model/records";
import type { World } from "../model/world";
import { list, type ListOptions } from "./list";
import { type Call, get, ok, type Route } from "./route";
import { ApiError } from "../model/errors";

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
    get(`${path}/:id/actions`, (call) => {
      require(call.project, call.id);
      return list(call, listOf(call, of(call.project, call.id)));
    }),
    get(`${path}/:id/actions/:action_id`, (call) => {
      require(call.project, call.id);
      const wanted = call.params["action_id"];
      const found = of(call.project, call.id).find((action) => String(action.id) === wanted);
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
