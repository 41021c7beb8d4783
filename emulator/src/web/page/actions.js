// Actions as they run, the newest first.
import { cell, count, el, fill, find, state } from "./dom.js";

export function showActions(actions) {
  const section = find("#actions");
  const running = actions.filter(({ status }) => status === "running").length;
  count(section, actions.length, running > 0 ? `${running} running` : String(actions.length));
  fill(find("tbody", section), actions, ({ id }) => id, row);
}

function row({ id, command, status, progress, error, of }) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("code", {}, command), el("div", { class: "quiet" }, of.join(", "))),
    cell("Progress", ...outcome({ id, command, status, progress, error })),
  );
}

function outcome({ command, status, progress, error }) {
  if (status === "success") return [state("done", "good")];
  if (status === "error") return [state(error.code, "bad"), el("div", { class: "quiet" }, error.message)];
  return [
    el("progress", { max: 100, value: progress, "aria-label": `Progress of ${command}` }),
    el("span", { class: "percent" }, `${progress} %`),
  ];
}
