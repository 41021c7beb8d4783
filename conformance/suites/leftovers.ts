// What a tool that has deleted everything has left behind.
import type { ApiEmulator } from "../../emulator/src";

/** Whatever can be made by this API. */
const KINDS = [
  ...["servers", "volumes", "ssh_keys", "networks", "placement_groups", "firewalls", "primary_ips", "floating_ips", "certificates"],
  ...["load_balancers", "zones", "images?type=snapshot&type=backup"],
];

/** E.g. `["2 volumes"]`; empty when nothing is left. */
export async function leftovers(cloud: ApiEmulator, token: string): Promise<string[]> {
  const counts = await Promise.all(
    KINDS.map(async (kind) => {
      const reply = await fetch(`${cloud.url}/${kind}`, { headers: { authorization: `Bearer ${token}` } });
      const { meta } = (await reply.json()) as { meta: { pagination: { total_entries: number } } };
      return { kind, count: meta.pagination.total_entries };
    }),
  );
  return counts.flatMap(({ kind, count }) => (count > 0 ? [`${count} ${kind}`] : []));
}
