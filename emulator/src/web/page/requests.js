// The last requests, the newest first; their bodies are fetched when somebody opens one.
import { admin } from "./admin.js";
import { cell, count, el, fill, find, state } from "./dom.js";
import { duration } from "./words.js";

/** As many as the emulator keeps. */
const KEEP = 300;

/** Rows that are shown before somebody asks for more. */
const SHOWN = 40;

const known = new Map();
const open = new Set();
let all = false;

export function startRequests() {
  find("#writes").addEventListener("change", show);
  find("#requests .older").addEventListener("click", () => {
    all = true;
    show();
  });
}

/** Another run of the emulator begins to count anew. */
export function forgetRequests() {
  known.clear();
  open.clear();
  show();
}

export function addRequests(requests) {
  for (const request of requests) known.set(request.n, request);
  for (const n of [...known.keys()].sort((a, b) => a - b).slice(0, -KEEP)) known.delete(n);
  show();
}

function show() {
  const section = find("#requests");
  const onlyWrites = find("#writes").checked;
  const shown = [...known.values()].filter(({ method }) => !onlyWrites || method !== "GET").sort((a, b) => b.n - a.n);
  count(section, shown.length);
  find(".older", section).hidden = all || shown.length <= SHOWN;
  const rows = shown
    .slice(0, all ? KEEP : SHOWN)
    .flatMap((request) => [request, ...(open.has(request.n) ? [{ n: request.n, status: request.status, body: true }] : [])]);
  fill(
    find("tbody", section),
    rows,
    ({ n, body }) => (body ? `${n} body` : n),
    (entry) => (entry.body ? bodyRow(entry.n) : row(entry)),
  );
}

function row({ n, at, method, url, status, state: stage, took }) {
  const toggle = () => {
    if (!open.delete(n)) open.add(n);
    show();
    button.setAttribute("aria-expanded", String(open.has(n)));
  };
  const button = el(
    "button",
    { type: "button", class: "path", "aria-expanded": String(open.has(n)), onclick: toggle },
    el("code", {}, url),
  );
  return el(
    "tr",
    {},
    cell("At", el("span", { class: "at" }, duration(at))),
    cell("Method", el("code", { class: method === "GET" ? "quiet" : "method" }, method)),
    cell("Path", button),
    cell("Status", outcome(stage, status)),
    el("td", { class: "number quiet" }, took === null ? "" : `${took} ms`),
  );
}

function outcome(stage, status) {
  if (stage === "waiting") return state("waits", "busy");
  if (stage === "cut") return state("no answer", "bad");
  return state(status, status < 400 ? "good" : status < 500 ? "warn" : "bad");
}

function bodyRow(n) {
  const content = el("td", { colspan: 5 }, el("p", { class: "quiet" }, "…"));
  void admin("GET", `/requests/${n}`).then((details) => {
    if (!details) content.replaceChildren(el("p", { class: "quiet" }, "This request is not kept any more."));
    else content.replaceChildren(...part("Request", details.request), ...part("Answer", details.answer));
  });
  return el("tr", { class: "body" }, content);
}

function part(title, document) {
  const text = document === undefined ? "(nothing)" : JSON.stringify(document, null, 2);
  return [el("h3", {}, title), el("pre", { tabindex: 0 }, text)];
}
