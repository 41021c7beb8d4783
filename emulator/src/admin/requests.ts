// The last requests to the API, for a person who wants to see what their tool does.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { redact, redactUrl } from "./redact";

/** How many are kept: clients that poll must not push out what changed something. */
const KEEP_READS = 100;
const KEEP_WRITES = 200;
/** Characters of an answer above which it is not kept. */
const LONGEST_ANSWER = 128 * 1024;

export interface RequestSummary {
  /** Running number. */
  n: number;
  /** Virtual milliseconds. */
  at: number;
  method: string;
  /** Below `/v1`, with its query. */
  url: string;
  /** Null while it waits, and when the connection was cut instead of an answer. */
  status: number | null;
  state: "waiting" | "answered" | "cut";
  /** Wall-clock milliseconds until the answer. */
  took: number | null;
}

export interface RequestDetails extends RequestSummary {
  /** What was sent; left out when there was nothing. */
  request?: unknown;
  /** What was answered; left out when there was nothing, or too much to keep. */
  answer?: unknown;
}

interface Recorded {
  summary: RequestSummary;
  began: number;
  /** Grows with every change of any request, so that a viewer can ask for what is new. */
  revision: number;
  body?: unknown;
  answer?: string;
}

/** Listens to a web server and remembers what was asked of the API and what was answered. */
export class RequestLog {
  private readonly reads: Recorded[] = [];
  private readonly writes: Recorded[] = [];
  private readonly current = new WeakMap<FastifyRequest, Recorded>();
  private count = 0;
  private lastRevision = 0;

  /** @param now virtual milliseconds */
  constructor(private readonly now: () => number) {}

  listen(app: FastifyInstance): void {
    app.addHook("onRequest", (request, reply, done) => {
      this.recordOf(request, reply);
      done();
    });
    app.addHook("preHandler", (request, _reply, done) => {
      const recorded = this.current.get(request);
      if (recorded) recorded.body = request.body;
      done();
    });
    app.addHook("onSend", (request, reply, payload, done) => {
      // What was refused by a hook before this one (the rate limit) is seen here first.
      const recorded = this.recordOf(request, reply);
      if (recorded && typeof payload === "string" && payload.length <= LONGEST_ANSWER) recorded.answer = payload;
      done(null, payload);
    });
  }

  get revision(): number {
    return this.lastRevision;
  }

  /** Requests that are new or have changed since `revision`, oldest first. */
  since(revision: number): RequestSummary[] {
    return this.all()
      .filter((recorded) => recorded.revision > revision)
      .map(({ summary }) => summary);
  }

  /** One of those that are still kept, with body and answer; no secret is in them. */
  details(n: number): RequestDetails | undefined {
    const found = this.all().find(({ summary }) => summary.n === n);
    if (!found) return undefined;
    return {
      ...found.summary,
      ...(found.body === undefined ? {} : { request: redact(found.body) }),
      ...(found.answer ? { answer: redact(JSON.parse(found.answer)) } : {}),
    };
  }

  private recordOf(request: FastifyRequest, reply: FastifyReply): Recorded | undefined {
    const known = this.current.get(request);
    if (known || !request.url.startsWith("/v1/")) return known;
    const recorded = this.begin(request);
    // Not a hook: where the connection is cut instead of an answer, none is called.
    reply.raw.once("close", () => this.end(recorded, reply.raw.headersSent ? reply.raw.statusCode : null));
    return recorded;
  }

  private begin(request: FastifyRequest): Recorded {
    const summary: RequestSummary = {
      n: ++this.count,
      at: this.now(),
      method: request.method,
      url: redactUrl(request.url.slice("/v1".length)),
      status: null,
      state: "waiting",
      took: null,
    };
    const recorded: Recorded = { summary, began: performance.now(), revision: ++this.lastRevision };
    this.current.set(request, recorded);
    const [ring, keep] = request.method === "GET" ? [this.reads, KEEP_READS] : [this.writes, KEEP_WRITES];
    ring.push(recorded);
    if (ring.length > keep) ring.shift();
    return recorded;
  }

  private end(recorded: Recorded, status: number | null): void {
    const { summary } = recorded;
    summary.status = status;
    summary.state = status === null ? "cut" : "answered";
    summary.took = Math.round(performance.now() - recorded.began);
    recorded.revision = ++this.lastRevision;
  }

  private all(): Recorded[] {
    return [...this.reads, ...this.writes].sort((a, b) => a.summary.n - b.summary.n);
  }
}
