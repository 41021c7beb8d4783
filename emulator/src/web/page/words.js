// Numbers as people read them.

/** @param {number} ms virtual milliseconds, e.g. `1:02:03.4` */
export function duration(ms) {
  const tenths = Math.floor(ms / 100);
  const seconds = Math.floor(tenths / 10);
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ""}${clock}.${tenths % 10}`;
}

/** `2026-11-21T10:00:00Z` as `2026-11-21 10:00:00 UTC`. */
export const moment = (text) => text.replace("T", " ").replace("Z", " UTC");
