// The live feed. It comes back by itself after the emulator was restarted, and then begins anew.

const AGAIN_MS = 1000;

/**
 * @param {Record<string, (part) => void>} listeners by the name of what has changed
 * @param {(state: "live" | "reconnecting") => void} onState
 */
export function follow(listeners, onState) {
  const source = new EventSource("/_emulator/events");
  source.addEventListener("open", () => onState("live"));
  for (const [name, listener] of Object.entries(listeners)) {
    source.addEventListener(name, ({ data }) => listener(JSON.parse(data)));
  }
  source.addEventListener("error", () => {
    onState("reconnecting");
    // The browser tries again by itself, unless the answer was no feed at all.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(listeners, onState), AGAIN_MS);
  });
}
