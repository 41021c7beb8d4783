import { ApiError, locked } from "./errors";
import type { Project } from "./project";
import type { Action } from "./records";
import type { World } from "./world";

export interface Step {
  command: string;
  resources: Action["resources"];
  /** Seconds of virtual time until it takes effect. */
  seconds: number;
  /** Done at once when it begins, e.g. a status like `migrating`. */
  begin?: () => Promise<void> | void;
  /** What it is there for, done at its end. Throws to make the action end in `error`. */
  effect: () => Promise<void> | void;
  /** Restores what `begin` changed when the action fails. */
  undo?: () => void;
  /** Types of those of its resources that other actions are kept from meanwhile; by default `LOCKABLE`. */
  locks?: string[];
}

/** What allows one action at a time. A firewall or an image may be in the hands of many. */
const LOCKABLE = ["server", "volume", "primary_ip", "floating_ip", "network"];

/** How many finished actions a project keeps; clients that wait for one must still find it. */
const KEEP_FINISHED = 10_000;

/** Runs what takes time. One action at a time for each resource: a second one is refused with `locked`. */
export class Actions {
  private readonly locks = new Map<string, number>();
  /** What is under way, by action; never rejects. */
  private readonly runs = new Map<number, { over: Promise<void>; cut: AbortController }>();
  private readonly ends = new Set<(action: Action) => void>();

  constructor(private readonly world: World) {}

  isLocked(type: string, id: number): boolean {
    return this.locks.has(`${type} ${id}`);
  }

  /** @throws ApiError `locked` */
  requireUnlocked(type: string, id: number): void {
    if (this.isLocked(type, id)) throw locked(type);
  }

  /** Starts one action. It is still `running` when this returns. */
  start(project: Project, step: Step): Action {
    const [action] = this.sequence(project, [step]);
    if (!action) throw new Error("a sequence of one step has one action");
    return action;
  }

  /**
   * Starts actions that follow one another. All are `running` from the beginning, as the API's `next_actions` are; when one fails, those
   * after it fail too.
   *
   * @throws ApiError `locked` when a resource has a running action
   */
  sequence(project: Project, steps: Step[]): Action[] {
    const locking = new Set(steps.flatMap(lockedBy));
    for (const key of locking) if (this.locks.has(key)) throw locked(key.split(" ")[0] ?? "it");
    const actions = steps.map((step) => this.record(project, step));
    const owner = actions[0]?.id ?? 0;
    for (const key of locking) this.locks.set(key, owner);
    // Not before the request that started it is answered: nobody ever sees an action end before it was begun.
    const over = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.run(steps, actions))
      .finally(() => {
        for (const key of locking) if (this.locks.get(key) === owner) this.locks.delete(key);
        for (const action of actions) this.runs.delete(action.id);
        this.forgetOld(project);
      });
    for (const action of actions) this.runs.set(action.id, { over, cut: new AbortController() });
    return actions;
  }

  /** An action that is over as soon as it begins. */
  done(project: Project, command: string, resources: Action["resources"]): Action {
    const action = this.record(project, { command, resources, seconds: 0, effect: () => undefined });
    this.finish(action, null);
    return action;
  }

  /**
   * Ends what still runs for a resource that is being deleted, and unlocks it.
   *
   * @returns resolves when nothing of it is under way any more
   */
  async cancel(project: Project, type: string, id: number): Promise<void> {
    const running = [...project.actions.values()].filter(
      (action) => action.status === "running" && action.resources.some((resource) => resource.type === type && resource.id === id),
    );
    const runs = running.flatMap((action) => this.runs.get(action.id) ?? []);
    for (const action of running) this.finish(action, { code: "action_failed", message: `${type} ${id} was deleted` });
    this.locks.delete(`${type} ${id}`);
    for (const { cut } of runs) cut.abort();
    await Promise.all(runs.map(({ over }) => over));
  }

  /** @returns a function that ends the subscription */
  onEnd(listener: (action: Action) => void): () => void {
    this.ends.add(listener);
    return () => this.ends.delete(listener);
  }

  /** 0 to 100; what is not over yet never says 100. */
  progress(action: Action): number {
    if (action.status !== "running") return 100;
    if (action.takes === 0) return 0;
    return Math.min(99, Math.max(0, Math.floor((100 * (this.world.clock.now() - action.begunAt)) / action.takes)));
  }

  private record(project: Project, step: Step): Action {
    const action: Action = {
      id: this.world.newId(),
      command: step.command,
      status: "running",
      started: this.world.timestamp(),
      finished: null,
      resources: step.resources,
      error: null,
      begunAt: this.world.clock.now(),
      takes: step.seconds * 1000,
    };
    project.actions.set(action.id, action);
    return action;
  }

  private async run(steps: Step[], actions: Action[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const action = actions[index];
      if (!action) return;
      action.begunAt = this.world.clock.now();
      try {
        await this.runOne(step, action);
        this.finish(action, null);
      } catch (error) {
        step.undo?.();
        this.finish(action, failureOf(error));
        for (const later of actions.slice(index + 1)) this.finish(later, { code: "action_failed", message: `${action.command} failed` });
        return;
      }
    }
  }

  private async runOne(step: Step, action: Action): Promise<void> {
    if (isOver(action)) throw new ApiError(422, "action_failed", "cancelled");
    await step.begin?.();
    action.takes += this.world.faults.takeSlowness(action.command) * 1000;
    await this.world.clock.wait(action.takes, { signal: this.runs.get(action.id)?.cut.signal });
    const ordered = this.world.faults.takeActionFault(action.command);
    if (ordered) throw new ApiError(422, ordered.code, ordered.message);
    // Deleted meanwhile: what it was to have an effect on is gone.
    if (isOver(action)) throw new ApiError(422, "action_failed", "cancelled");
    await step.effect();
    await this.world.machineNetworks.tell();
  }

  private finish(action: Action, error: Action["error"]): void {
    if (action.status !== "running") return;
    action.status = error ? "error" : "success";
    action.error = error;
    action.finished = this.world.timestamp();
    const server = action.resources.find(({ type }) => type === "server");
    this.world.journal.add({
      kind: "action",
      text: `${action.command} ${error ? `failed: ${error.code}: ${error.message}` : "done"}`,
      ...(server ? { serverId: server.id } : {}),
    });
    for (const listener of this.ends) listener(action);
  }

  private forgetOld(project: Project): void {
    for (const action of project.actions.values()) {
      if (project.actions.size <= KEEP_FINISHED) return;
      if (action.status !== "running") project.actions.delete(action.id);
    }
  }
}

function lockedBy({ resources, locks = LOCKABLE }: Step): string[] {
  return resources.filter(({ type }) => locks.includes(type)).map(({ type, id }) => `${type} ${id}`);
}

const isOver = (action: Action): boolean => action.status !== "running";

function failureOf(error: unknown): NonNullable<Action["error"]> {
  if (error instanceof ApiError) return { code: error.code, message: error.message };
  return { code: "action_failed", message: error instanceof Error ? error.message : String(error) };
}
