import { z } from "zod";
import { invalidField } from "../../model/errors";
import { owns, setPtr } from "../../model/reverseNames";
import { post, type Route } from "../route";
import { act, requireFree } from "./actions";

/** The same as on the primary IP, asked for by its server. */
export const changePtrRoute: Route = post(
  "/servers/:id/actions/change_dns_ptr",
  z.object({ ip: z.string(), dns_ptr: z.string().nullish() }),
  (call) => {
    const { world, project, body } = call;
    const server = requireFree(call);
    const ip = project.primaryIps.list().find((each) => each.assignee === server.id && owns(each, body.ip));
    if (!ip) throw invalidField("ip", `'${body.ip}' does not belong to the server`);
    return act(call, server, {
      command: "change_dns_ptr",
      seconds: world.latencies.action,
      effect: () => setPtr(ip, body.ip, body.dns_ptr ?? null),
    });
  },
);
