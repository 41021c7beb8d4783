// The live feed of the web page: server-sent events, one for each part of the picture that has changed.
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { RequestLog } from "./requests";

/** How often is looked for changes, real milliseconds, while anybody watches: what was changed by whomever is seen alike. */
const LOOK_EVERY_MS = 150;
/** A comment now and then, so that proxies in between do not take the feed for dead. */
const ALIVE_EVERY_MS = 15_000;
/** Bytes that may wait for a slow reader; above, it gets the next picture later and misses none of the last one. */
const FULL = 1 << 20;

export interface Feed {
  /** Parts of the picture, by the name of their event. */
  look: () => Record<string, unknown>;
  /** What never changes while the emulator runs. */
  about: object;
  requests: RequestLog;
}

interface Viewer {
  response: ServerResponse;
  sent: Map<string, string>;
  revision: number;
}

/** `GET url`: `about`, then every part of the picture, and from then on whatever changes. */
export function eventRoute(app: FastifyInstance, url: string, feed: Feed): void {
  const viewers = new Set<Viewer>();
  const timers: NodeJS.Timeout[] = [];

  app.get(url, (_request, reply) => {
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
    response.write(`retry: 1000\n\n${event("about", feed.about)}`);
    const viewer: Viewer = { response, sent: new Map(), revision: 0 };
    show(viewer, lookNow());
    viewers.add(viewer);
    response.on("close", () => leave(viewer));
    if (timers.length === 0) watch();
  });
  // Before the server waits for its connections to end, of which these never do.
  app.addHook("preClose", () => {
    for (const { response } of viewers) response.end();
    rest();
    return Promise.resolve();
  });

  function watch(): void {
    const look = setInterval(() => {
      const parts = lookNow();
      for (const viewer of viewers) show(viewer, parts);
    }, LOOK_EVERY_MS);
    const alive = setInterval(() => {
      for (const { response } of viewers) response.write(":\n\n");
    }, ALIVE_EVERY_MS);
    timers.push(look.unref(), alive.unref());
  }

  function leave(viewer: Viewer): void {
    viewers.delete(viewer);
    if (viewers.size === 0) rest();
  }

  function rest(): void {
    for (const timer of timers.splice(0)) clearInterval(timer);
  }

  function lookNow(): [name: string, text: string][] {
    return Object.entries(feed.look()).map(([name, part]) => [name, event(name, part)]);
  }

  function show(viewer: Viewer, parts: [name: string, text: string][]): void {
    if (viewer.response.writableLength > FULL) return;
    for (const [name, text] of parts) {
      if (viewer.sent.get(name) === text) continue;
      viewer.sent.set(name, text);
      viewer.response.write(text);
    }
    const { revision } = feed.requests;
    if (revision === viewer.revision) return;
    viewer.response.write(event("requests", feed.requests.since(viewer.revision)));
    viewer.revision = revision;
  }
}

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
