// The page for people, at `/`. Plain files, read once; nothing in it comes from elsewhere, and the policy says so to the browser.
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";

const FOLDER = join(__dirname, "page");

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Texts of the cloud (names, labels, errors) are anybody's: what is in the page cannot run, be framed, or reach another computer. */
const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
  "require-trusted-types-for 'script'",
].join("; ");

/** `/` and, below `/page/`, the files it is made of. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const names = (await readdir(FOLDER)).filter((name) => extname(name) in TYPES);
  for (const name of names) {
    const content = await readFile(join(FOLDER, name));
    const url = name === "index.html" ? "/" : `/page/${name}`;
    app.get(url, (_request, reply) => answer(reply, TYPES[extname(name)] ?? "", content));
  }
}

function answer(reply: FastifyReply, type: string, content: Buffer): FastifyReply {
  return reply
    .type(type)
    .headers({
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      // The next version of the emulator has another page, at the same port.
      "cache-control": "no-cache",
    })
    .send(content);
}
