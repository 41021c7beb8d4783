// The virtual clock: what time it is, how it runs, and moving it on by hand.
import { admin } from "./admin.js";
import { el, find } from "./dom.js";
import { duration, moment } from "./words.js";

const STEPS = [
  ["+10 s", 10_000],
  ["+1 min", 60_000],
  ["+1 h", 3_600_000],
];

let pace = "";

export function startClock() {
  const advance = ([words, ms]) =>
    el(
      "button",
      { type: "button", title: `Move time on by ${words.slice(1)}`, onclick: () => admin("POST", "/clock/advance", { ms }) },
      words,
    );
  find("#advance").replaceChildren(...STEPS.map(advance));
}

export function showPace(scale) {
  pace = scale === "auto" ? "time jumps" : `${scale} × real time`;
}

export function showClock({ now, time }) {
  const element = find("#time");
  element.dateTime = time;
  element.textContent = moment(time);
  find("#elapsed").textContent = `${duration(now)} since the start, ${pace}`;
}
