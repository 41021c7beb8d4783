// Faults: what is switched on, the usual ones at a click, any other by a form.
import { admin } from "./admin.js";
import { el, fill, find } from "./dom.js";
import { order } from "./order.js";

const PRESETS = [
  [
    "No server to be had",
    "The next POST /servers is refused: 412 resource_unavailable",
    "/faults/fail-next",
    { pattern: "POST /servers", status: 412, code: "resource_unavailable" },
  ],
  [
    "API fails once",
    "The next request is refused: 503 unavailable",
    "/faults/fail-next",
    { pattern: "*", status: 503, code: "unavailable" },
  ],
  [
    "Rate limit hit",
    "The next five requests are refused: 429 rate_limit_exceeded",
    "/faults/fail-next",
    { pattern: "*", status: 429, code: "rate_limit_exceeded", times: 5 },
  ],
  [
    "Server made, answer lost",
    "The next POST /servers takes effect, and its connection dies",
    "/faults/drop-response-next",
    { pattern: "POST /servers" },
  ],
  ["Volumes are down", "Every request about volumes is refused until you switch it off", "/faults/outage", { resource: "volumes" }],
  ["Attaching fails", "The next attach_volume ends in an error", "/faults/fail-action", { command: "attach_volume" }],
  ["Hold the next request", "The next request waits until you release it", "/faults/hold-next", { pattern: "*" }],
];

const KINDS = {
  fail: ({ pattern, status, code }) => [pattern, `is refused: ${status} ${code}`],
  hold: ({ pattern, arrived }) => [pattern, arrived ? "waits" : "will wait before it takes effect"],
  holdAnswer: ({ pattern, arrived }) => [pattern, arrived ? "took effect; its answer waits" : "will take effect, and its answer wait"],
  dropResponse: ({ pattern }) => [pattern, "takes effect, its answer is lost"],
  failAction: ({ pattern, code }) => [pattern, `ends in ${code}`],
  slowAction: ({ pattern, seconds }) => [pattern, `takes ${seconds} s longer`],
  outage: ({ pattern, status, code }) => [`all of ${pattern}`, `are refused: ${status} ${code}`],
};

let shown = [];

export function startFaults() {
  find("#presets").replaceChildren(
    ...PRESETS.map(([words, title, path, body]) =>
      el("button", { type: "button", title, onclick: () => admin("POST", path, body) }, words),
    ),
  );
  find("#clear").addEventListener("click", async () => {
    for (const { off } of shown) await admin(off.method, off.path, off.body);
  });
}

export function offerFaults(about) {
  find("#order").replaceWith(order(about));
}

export function showFaults({ orders, soldOut, limits }) {
  const list = [...orders.map(orderLine), ...soldOut.map(soldOutLine), ...limits.map(limitLine)];
  find("#faults .count").textContent = list.length > 0 ? `${list.length} on` : "";
  find("#clear").hidden = list.length === 0;
  shown = list;
  fill(find("#faults .orders"), list, ({ key }) => key, line);
}

function orderLine(fault) {
  const [what, happens] = (KINDS[fault.kind] ?? (({ pattern, kind }) => [pattern, kind]))(fault);
  return {
    key: `order ${fault.id}`,
    what: what === "*" ? "any request" : what,
    happens: fault.left > 1 ? `${happens} (${fault.left} times)` : happens,
    waits: fault.arrived === true,
    off: { method: "DELETE", path: `/faults/${fault.id}` },
  };
}

function soldOutLine({ serverType, location }) {
  const body = { server_type: serverType, available: true, ...(location ? { location } : {}) };
  return {
    key: `${serverType} ${location}`,
    what: serverType,
    happens: `is sold out in ${location ?? "all locations"}`,
    off: { method: "POST", path: "/stock", body },
  };
}

function limitLine({ resource, most }) {
  const off = { method: "POST", path: "/limits", body: { resource, most: null } };
  return { key: `limit ${resource}`, what: resource, happens: `are limited to ${most}`, off };
}

function line({ what, happens, waits, off }) {
  const words = waits ? "Release" : "Off";
  const button = el(
    "button",
    { type: "button", "aria-label": `${words}: ${what}`, onclick: () => admin(off.method, off.path, off.body) },
    words,
  );
  return el("li", waits ? { class: "waits" } : {}, el("span", {}, el("code", {}, what), " ", happens), button);
}
