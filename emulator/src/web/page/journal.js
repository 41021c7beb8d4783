// What machines did, and what must never happen to them.
import { count, el, fill, find } from "./dom.js";
import { duration } from "./words.js";

export function showJournal(entries) {
  const section = find("#journal");
  const violations = entries.filter(({ kind }) => kind === "violation").length;
  count(section, entries.length, violations > 0 ? (violations === 1 ? "1 violation" : `${violations} violations`) : "");
  section.hidden = entries.length === 0;
  fill(find(".entries", section), [...entries].reverse(), ({ n }) => n, line);
}

function line({ at, kind, serverId, text }) {
  const violation = kind === "violation" ? el("strong", { class: "bad" }, "violation ") : null;
  return el(
    "li",
    {},
    el("span", { class: "at" }, duration(at)),
    el("span", {}, violation, text),
    el("span", { class: "id" }, serverId ?? ""),
  );
}
