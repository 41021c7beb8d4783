// Hetzner's firewall follows the configuration before the machine does: when the ssh port is another one, the machine still listens where
// the firewall lets nobody in any more. So the former port is let in until the machine has confirmed the new one.
import { z } from "zod";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { HetznerApi, HetznerError } from "./hetzner";

const rule = z.looseObject({
  direction: z.string(),
  protocol: z.string(),
  port: z.string().nullish(),
  description: z.string().nullish(),
});
type Rule = z.infer<typeof rule>;
const firewall = z.object({ firewall: z.object({ id: z.number(), rules: z.array(rule) }) });
const guarded = z.object({ server: z.object({ public_net: z.object({ firewalls: z.array(z.object({ id: z.number() })).default([]) }) }) });

/** By which the rule is known again, also by a later run. */
const UNTIL_SWITCHED = "ssh, until the machine listens elsewhere";

class Firewalls extends HetznerApi {
  async of(serverId: number): Promise<{ id: number; rules: Rule[] }[]> {
    const body = await this.request("GET", `/servers/${serverId}`);
    const ids = body === undefined ? [] : guarded.parse(body).server.public_net.firewalls.map(({ id }) => id);
    const found = await Promise.all(ids.map((id) => this.request("GET", `/firewalls/${id}`)));
    return found.flatMap((one) => (one === undefined ? [] : [firewall.parse(one).firewall]));
  }

  async setRules(id: number, rules: Rule[]): Promise<void> {
    await this.request("POST", `/firewalls/${id}/actions/set_rules`, { rules });
  }
}

/**
 * Lets ssh in at a port where the machine listened before, as wide as the one of the input is open.
 *
 * A failed switch leaves the rule, as the machine then still listens there and a person wants to get in; so does a rollback to there. The
 * next switch takes it away.
 *
 * @returns takes such rules away again, except for a port that is to stay open: to be called when it is known where the machine listens
 */
export async function letInByFormerPort(
  input: Pick<StepInput<"switch">, "api" | "server" | "ssh">,
  context: StepContext,
  formerPort: number | undefined,
): Promise<(staysOpen?: number) => Promise<void>> {
  if (formerPort === undefined || formerPort === input.ssh.port) return () => Promise.resolve();
  const firewalls = Firewalls.forStep(input.api);
  await telling(
    context,
    `the firewall could not be asked to let ssh in at port ${formerPort}, where the machine listened before`,
    async () => {
      for (const { id, rules } of await firewalls.of(input.server.id)) {
        const wanted = rules.find((one) => isSsh(one, input.ssh.port));
        if (!wanted || rules.some((one) => isSsh(one, formerPort))) continue;
        await firewalls.setRules(id, [...rules, { ...wanted, port: String(formerPort), description: UNTIL_SWITCHED }]);
        context.progress.say(`the firewall lets ssh in at port ${formerPort} too, until a switch to another one is confirmed`);
      }
    },
  );
  return (staysOpen) =>
    telling(context, `the firewall still lets port ${formerPort} in, where nobody listens; \`pulumi up --refresh\` closes it`, async () => {
      for (const { id, rules } of await firewalls.of(input.server.id)) {
        const kept = rules.filter(({ description, port }) => description !== UNTIL_SWITCHED || port === String(staysOpen));
        if (kept.length < rules.length) await firewalls.setRules(id, kept);
      }
    });
}

function isSsh({ direction, protocol, port }: Rule, number: number): boolean {
  return direction === "in" && protocol === "tcp" && port === String(number);
}

/** The machine may be reachable all the same, so the API's refusal is no reason to end. */
async function telling({ progress }: StepContext, words: string, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    progress.warn(`${words}: ${error.message}`);
  }
}
