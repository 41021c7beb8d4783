// The form that orders any fault.
import { admin } from "./admin.js";
import { el } from "./dom.js";

const REFUSALS = [
  "412 resource_unavailable",
  "403 resource_limit_exceeded",
  "409 conflict",
  "409 uniqueness_error",
  "422 invalid_input",
  "423 locked",
  "429 rate_limit_exceeded",
  "500 server_error",
  "503 unavailable",
];

/** What there is to order: which fields it takes, and what is sent. */
const KINDS = {
  "Refuse a request": {
    fields: ["request", "refusal", "times"],
    path: "/faults/fail-next",
    body: ({ request, refusal, times }) => ({
      pattern: request,
      status: Number(refusal.split(" ")[0]),
      code: refusal.split(" ")[1],
      times: Number(times),
    }),
  },
  "Hold a request": { fields: ["request"], path: "/faults/hold-next", body: ({ request }) => ({ pattern: request }) },
  "Hold its answer": { fields: ["request"], path: "/faults/hold-next", body: ({ request }) => ({ pattern: request, after: true }) },
  "Lose its answer": {
    fields: ["request", "times"],
    path: "/faults/drop-response-next",
    body: ({ request, times }) => ({ pattern: request, times: Number(times) }),
  },
  "Fail an action": {
    fields: ["action", "times"],
    path: "/faults/fail-action",
    body: ({ action, times }) => ({ command: action, times: Number(times) }),
  },
  "Slow an action down": {
    fields: ["action", "seconds", "times"],
    path: "/faults/slow-action",
    body: ({ action, seconds, times }) => ({ command: action, seconds: Number(seconds), times: Number(times) }),
  },
  "Outage of a resource": { fields: ["resource"], path: "/faults/outage", body: ({ resource }) => ({ resource }) },
  "Limit of the account": {
    fields: ["resource", "most"],
    path: "/limits",
    body: ({ resource, most }) => ({ resource, most: Number(most) }),
  },
  "Sell out a server type": {
    fields: ["type", "location"],
    path: "/stock",
    body: ({ type, location }) => ({ server_type: type, available: false, ...(location ? { location } : {}) }),
  },
};

const option = (value) => el("option", { value }, value);

/** @param {{ routes: string[], serverTypes: string[], limited: string[], commands: string[], locations: string[] }} about what the emulator knows */
export function order({ routes, serverTypes, limited, commands, locations }) {
  const inputs = {
    request: [
      "Request",
      el("input", {
        name: "request",
        value: "POST /servers",
        list: "known-routes",
        required: true,
        autocomplete: "off",
        spellcheck: "false",
      }),
    ],
    refusal: ["Refusal", el("select", { name: "refusal" }, ...REFUSALS.map(option))],
    action: [
      "Action",
      el("input", {
        name: "action",
        value: "create_server",
        list: "known-commands",
        required: true,
        autocomplete: "off",
        spellcheck: "false",
      }),
    ],
    type: ["Server type", el("select", { name: "type" }, ...serverTypes.map(option))],
    location: ["Location", el("select", { name: "location" }, el("option", { value: "" }, "all"), ...locations.map(option))],
    resource: ["Resource", el("select", { name: "resource" }, ...limited.map(option))],
    seconds: ["Seconds", el("input", { name: "seconds", type: "number", min: 0, value: 60, required: true })],
    most: ["At most", el("input", { name: "most", type: "number", min: 0, value: 0, required: true })],
    times: ["Times", el("input", { name: "times", type: "number", min: 1, value: 1, required: true })],
  };
  const kind = el("select", { name: "kind", onchange: choose }, ...Object.keys(KINDS).map(option));
  const rows = Object.entries(inputs).map(([name, [words, input]]) => el("label", { "data-field": name }, words, input));
  const form = el(
    "form",
    { id: "order", onsubmit: send },
    el("label", {}, "Fault", kind),
    ...rows,
    el("datalist", { id: "known-routes" }, option("*"), ...routes.map(option)),
    el("datalist", { id: "known-commands" }, ...commands.map(option)),
    el("button", { type: "submit", class: "main" }, "Switch on"),
  );
  choose();
  return form;

  function choose() {
    const { fields } = KINDS[kind.value];
    for (const row of rows) {
      row.hidden = !fields.includes(row.dataset.field);
      // What is hidden neither holds the form back nor is sent.
      row.lastElementChild.disabled = row.hidden;
    }
  }

  function send(event) {
    event.preventDefault();
    const { path, body } = KINDS[kind.value];
    void admin("POST", path, body(Object.fromEntries(new FormData(form))));
  }
}
