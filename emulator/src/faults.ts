// Failures on order: the next request of a kind, the next action of a kind. Each order is used up in the order it was given.
import { ApiError } from "./model/errors";

export interface Failure {
  status: number;
  code: string;
  message?: string;
  details?: unknown;
  /** How many requests fail; 1 by default. */
  times?: number;
}

export interface Hold {
  /** Resolves when a request has come and is being held. */
  arrived: Promise<void>;
  /** Lets it go on. */
  release: () => void;
}

/** What is on order and not used up, as a list for a person shows it. */
export interface FaultOrder {
  id: number;
  kind: "fail" | "hold" | "holdAnswer" | "dropResponse" | "failAction" | "slowAction" | "outage";
  /** The kind of request, e.g. `POST /servers`; for an action its command; for an outage the resource, e.g. `volumes`. */
  pattern: string;
  /** How often it still strikes; an outage lasts, which JSON writes as null. */
  left: number;
  /** Of a slow action: how much longer it takes. */
  seconds?: number;
  /** Of a refusal. */
  status?: number;
  /** Of a refusal or a failed action. */
  code?: string;
  /** Of a hold: whether a request has come and waits to be released. */
  arrived?: boolean;
}

interface Order {
  id: number;
  pattern: string;
  left: number;
  kind: "fail" | "holdBefore" | "holdAfter" | "drop";
  failure?: Failure;
  arrive?: () => void;
  released?: Promise<void>;
}

/** A request as patterns are matched against: `POST /servers`, `POST /volumes/:id/actions/attach` or with real ids, or `*`. */
export interface RequestName {
  /** With `:id` where ids stand. */
  route: string;
  /** With real ids. */
  path: string;
}

/** @example `cloud.faults.failNext("POST /servers", { status: 412, code: "resource_unavailable" })` */
export class Faults {
  private orders: Order[] = [];
  private readonly holds = new Map<number, { listed: FaultOrder; release: () => void }>();
  private actionOrders: { id: number; command: string; code: string; message: string; left: number }[] = [];
  private slowOrders: { id: number; command: string; seconds: number; left: number }[] = [];
  private readonly outages = new Map<string, { id: number; failure: Failure }>();
  private lastId = 0;

  /** The next request of this kind is refused and has no effect. */
  failNext(pattern: string, failure: Failure): void {
    this.orders.push({ id: ++this.lastId, pattern, kind: "fail", failure, left: failure.times ?? 1 });
  }

  /**
   * The next request of this kind waits until it is released.
   *
   * @param options.after hold the answer back after it has taken effect, not the request before
   */
  holdNext(pattern: string, options: { after?: boolean } = {}): Hold {
    let arrive = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const id = ++this.lastId;
    const listed: FaultOrder = { id, kind: options.after ? "holdAnswer" : "hold", pattern, left: 1, arrived: false };
    void arrived.then(() => (listed.arrived = true));
    this.orders.push({ id, pattern, kind: options.after ? "holdAfter" : "holdBefore", left: 1, arrive, released });
    this.holds.set(id, { listed, release });
    return { arrived, release: () => void this.cancel(id) };
  }

  /** The next request of this kind takes effect, but its connection dies instead of an answer. */
  dropResponseNext(pattern: string, times = 1): void {
    this.orders.push({ id: ++this.lastId, pattern, kind: "drop", left: times });
  }

  /** The next action of this command is accepted and ends in `error`, without effect. */
  failAction(command: string, error: { code?: string; message?: string; times?: number } = {}): void {
    this.actionOrders.push({
      id: ++this.lastId,
      command,
      code: error.code ?? "action_failed",
      message: error.message ?? "Action failed",
      left: error.times ?? 1,
    });
  }

  /**
   * The next action of this command takes so much longer, in virtual seconds. With `failAction` beside it, it fails after it got on.
   *
   * @example `cloud.faults.slowAction("attach_volume", 120)`
   */
  slowAction(command: string, seconds: number, times = 1): void {
    this.slowOrders.push({ id: ++this.lastId, command, seconds, left: times });
  }

  /**
   * Every request about resources of this kind is refused, until `restore` or `clear`.
   *
   * @param resource as it stands in paths, e.g. `volumes`
   */
  outage(resource: string, failure: Partial<Failure> = {}): void {
    const usual = { status: 503, code: "unavailable", message: `${resource} are currently not available` };
    this.outages.set(resource, { id: ++this.lastId, failure: { ...usual, ...failure } });
  }

  /** Ends an outage. */
  restore(resource: string): void {
    this.outages.delete(resource);
  }

  /** Forgets all orders that were not used, and ends outages; requests that are held go on. */
  clear(): void {
    this.orders = [];
    this.actionOrders = [];
    this.slowOrders = [];
    this.outages.clear();
    for (const { release } of this.holds.values()) release();
    this.holds.clear();
  }

  /** What is on order, oldest first; a request that is held counts until it is released. */
  list(): FaultOrder[] {
    const refusals = this.orders.flatMap(({ id, pattern, kind, left, failure }): FaultOrder[] => {
      if (kind === "drop") return [{ id, kind: "dropResponse", pattern, left }];
      return failure ? [{ id, kind: "fail", pattern, left, status: failure.status, code: failure.code }] : [];
    });
    const holds = [...this.holds.values()].map(({ listed }) => ({ ...listed }));
    const actions = this.actionOrders.map(({ id, command, code, left }): FaultOrder => ({
      id,
      kind: "failAction",
      pattern: command,
      left,
      code,
    }));
    const slow = this.slowOrders.map(({ id, command, seconds, left }): FaultOrder => ({
      id,
      kind: "slowAction",
      pattern: command,
      left,
      seconds,
    }));
    const outages = [...this.outages].map(([resource, { id, failure }]): FaultOrder => ({
      id,
      kind: "outage",
      pattern: resource,
      left: Infinity,
      status: failure.status,
      code: failure.code,
    }));
    return [...refusals, ...holds, ...actions, ...slow, ...outages].sort((a, b) => a.id - b.id);
  }

  /**
   * Forgets one order. A request that it holds goes on.
   *
   * @param id as `list` has it
   * @returns whether there was such an order
   */
  cancel(id: number): boolean {
    const there = this.list().some((order) => order.id === id);
    this.orders = this.orders.filter((order) => order.id !== id);
    this.actionOrders = this.actionOrders.filter((order) => order.id !== id);
    this.slowOrders = this.slowOrders.filter((order) => order.id !== id);
    for (const [resource, outage] of this.outages) if (outage.id === id) this.outages.delete(resource);
    this.holds.get(id)?.release();
    this.holds.delete(id);
    return there;
  }

  /** @throws ApiError what was ordered */
  async before(name: RequestName): Promise<void> {
    const held = this.take(name, "holdBefore");
    if (held) {
      held.arrive?.();
      await held.released;
    }
    const failure = this.take(name, "fail")?.failure ?? this.outages.get(resourceOf(name))?.failure;
    if (failure) throw new ApiError(failure.status, failure.code, failure.message ?? failure.code, failure.details ?? null);
  }

  /** @returns whether the connection is to be cut instead of answering */
  async after(name: RequestName): Promise<boolean> {
    const held = this.take(name, "holdAfter");
    if (held) {
      held.arrive?.();
      await held.released;
    }
    return this.take(name, "drop") !== undefined;
  }

  /** Seconds that an action of this command takes longer than usual. */
  takeSlowness(command: string): number {
    const found = this.slowOrders.find((order) => order.command === command);
    if (!found) return 0;
    if (--found.left <= 0) this.slowOrders = this.slowOrders.filter((order) => order !== found);
    return found.seconds;
  }

  takeActionFault(command: string): { code: string; message: string } | undefined {
    const found = this.actionOrders.find((order) => order.command === command);
    if (!found) return undefined;
    if (--found.left <= 0) this.actionOrders = this.actionOrders.filter((order) => order !== found);
    return found;
  }

  private take(name: RequestName, kind: Order["kind"]): Order | undefined {
    const found = this.orders.find((order) => order.kind === kind && matches(order.pattern, name));
    if (!found) return undefined;
    if (--found.left <= 0) this.orders = this.orders.filter((order) => order !== found);
    return found;
  }
}

/** `POST /volumes/:id/actions/attach` is about `volumes`. */
const resourceOf = ({ route }: RequestName): string => route.split("/")[1] ?? "";

function matches(pattern: string, { route, path }: RequestName): boolean {
  return pattern === "*" || pattern === route || pattern === path;
}
