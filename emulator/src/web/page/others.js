// All other kinds of resources: how many, and which when asked.
import { el, fill, find } from "./dom.js";

export function showOthers(kinds) {
  fill(find("#others .kinds"), kinds, ({ kind }) => kind, kindOf);
}

function kindOf({ kind, items }) {
  const title = [el("span", {}, kind), el("span", { class: "count" }, items.length)];
  if (items.length === 0) return el("div", { class: "kind none" }, ...title);
  const lines = items.map(({ name, note }) => el("li", {}, name, " ", el("span", { class: "quiet" }, note)));
  return el("details", { class: "kind" }, el("summary", {}, ...title), el("ul", {}, ...lines));
}
