import { z } from "zod";
import type { MachineRecord } from "./stack";

const LIMIT_MS = 10_000;
const answer = z.object({ server: z.object({ status: z.string() }) });

/**
 * What Hetzner says of a machine's server, e.g. `running`; in words too where it cannot be asked, because everything else may still be
 * worth knowing.
 */
export async function serverStatus({ cloud, document }: MachineRecord): Promise<string> {
  try {
    const response = await fetch(`${cloud.endpoint}/servers/${document.server.id}`, {
      headers: { Authorization: `Bearer ${cloud.token}`, "User-Agent": "nixos-vps" },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (response.status === 404) return "gone";
    if (response.status === 401) return "unknown (the token is refused)";
    if (!response.ok) return `unknown (HTTP ${response.status})`;
    return answer.parse(await response.json()).server.status;
  } catch {
    return "unknown (no answer)";
  }
}
