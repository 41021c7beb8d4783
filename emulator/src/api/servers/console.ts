import { randomBytes } from "node:crypto";
import { nothing } from "../fields";
import { post, type Route } from "../route";
import { act, requireFree } from "./actions";

/** Where a console would be, as the API says it. Nobody answers there: machines have no screen. */
export const consoleRoute: Route = post("/servers/:id/actions/request_console", nothing, (call) => {
  const server = requireFree(call);
  const token = randomBytes(32).toString("hex");
  const answer = {
    wss_url: `wss://${new URL(call.url).host}/?server_id=${server.id}&token=${token}`,
    password: randomBytes(12).toString("base64url"),
  };
  return act(call, server, { command: "request_console", seconds: 0, effect: () => undefined }, answer);
});
