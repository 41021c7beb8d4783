// What the page asks the emulator to do. Refusals are shown in the emulator's own words.
import { find } from "./dom.js";

export async function admin(method, path, body) {
  try {
    const response = await fetch(`/_emulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const answer = await response.json();
    say(response.ok ? "" : answer.error.message);
    return response.ok ? answer : undefined;
  } catch {
    say("The emulator does not answer.");
    return undefined;
  }
}

function say(words) {
  const notice = find("#notice");
  notice.textContent = words;
  notice.hidden = words === "";
}
