// The real hcloud provider, unchanged, against the emulator: what it reads back is what it wrote, and it asks for what it should.
import { type ApiEmulator, startEmulator } from "../../src";
import { Project, pulumiAtHand } from "./support";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9 me@example";

/** Only to fail in words where a test would hang. */
const LONGEST_MS = 600_000;

let cloud: ApiEmulator;
let project: Project;
beforeEach(async () => {
  cloud = await startEmulator({ machines: false, latencies: "instant" });
});
afterEach(async () => {
  project.dispose();
  await cloud.stop();
});

/** What was asked for beside reading, by those who asked for `act`. */
async function changesOf(act: () => Promise<unknown>): Promise<string[]> {
  const from = cloud.journal.entries.length;
  await act();
  return cloud.journal.entries.slice(from).flatMap(({ kind, text }) => (kind === "api" && !text.startsWith("GET ") ? [text] : []));
}

const requireNoDiff = async (): Promise<void> => {
  await project.pulumi("preview", "--expect-no-changes");
  await project.pulumi("refresh", "--yes", "--expect-no-changes");
  await project.pulumi("preview", "--refresh", "--expect-no-changes");
};

/** What can be made with this API and is still there. */
async function left(): Promise<string[]> {
  const kinds = ["servers", "volumes", "networks", "placement_groups", "floating_ips", "primary_ips", "firewalls", "images?type=snapshot"];
  const pages = await Promise.all(
    kinds.map(async (kind) => {
      const reply = await fetch(`${cloud.url}/${kind}`, { headers: { authorization: "Bearer any" } });
      return [kind, ((await reply.json()) as { meta: { pagination: { total_entries: number } } }).meta.pagination.total_entries] as const;
    }),
  );
  return pages.flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind}`] : []));
}

if (!pulumiAtHand) console.warn("skipped: the real provider, because there is no pulumi on PATH (npm run toolchain gets one)");

(pulumiAtHand ? describe : describe.skip)("the real hcloud provider", () => {
  test(
    "lives a machine's life: up, nothing to do, changes in place, destroy",
    async () => {
      project = await Project.create(cloud.url, { publicKey: KEY });

      const created = await changesOf(() => project.pulumi("up", "--yes"));
      expect([...created].sort()).toEqual([
        "POST /firewalls",
        "POST /primary_ips",
        "POST /servers",
        "POST /ssh_keys",
        "POST /volumes",
        "POST /volumes/:id/actions/attach",
      ]);
      const { servers, volumes } = cloud.snapshot();
      expect(await project.outputs()).toEqual({
        ipv4: "198.18.0.2",
        ipv6: "2001:db8:0:1::1",
        device: `/dev/disk/by-id/scsi-0HC_Volume_${volumes[0]?.id ?? 0}`,
        status: "running",
        attached: String(volumes[0]?.id),
      });
      expect(await changesOf(requireNoDiff)).toEqual([]);

      await project.configure({ name: "renamed", role: "two", serverType: "cx33" });
      expect(await changesOf(() => project.pulumi("up", "--yes"))).toEqual([
        "PUT /servers/:id",
        "PUT /servers/:id",
        "POST /servers/:id/actions/poweroff",
        "POST /servers/:id/actions/change_type",
      ]);
      expect(cloud.snapshot().servers).toEqual([{ id: servers[0]?.id, name: "renamed", status: "running", labels: { role: "two" } }]);
      expect(await changesOf(requireNoDiff)).toEqual([]);

      await project.configure({ size: "20", port: "2222", protected: "true", backups: "true" });
      expect((await changesOf(() => project.pulumi("up", "--yes"))).sort()).toEqual([
        "POST /firewalls/:id/actions/set_rules",
        "POST /servers/:id/actions/enable_backup",
        "POST /volumes/:id/actions/change_protection",
        "POST /volumes/:id/actions/resize",
      ]);
      expect(await changesOf(requireNoDiff)).toEqual([]);

      await project.configure({ protected: "false" });
      await project.pulumi("up", "--yes");
      await project.pulumi("destroy", "--yes");
      expect(cloud.snapshot()).toEqual({ servers: [], volumes: [], sshKeys: [], firewalls: [], primaryIps: [] });
    },
    LONGEST_MS,
  );

  test(
    "changes a server's public addresses while it is off, and starts it again",
    async () => {
      project = await Project.create(cloud.url, { publicKey: KEY });
      await project.pulumi("up", "--yes");

      await project.configure({ ipv6: "off" });
      const changes = await changesOf(() => project.pulumi("up", "--yes"));

      expect(changes[0]).toBe("POST /servers/:id/actions/poweroff");
      expect(changes.at(-1)).toBe("POST /servers/:id/actions/poweron");
      expect(cloud.snapshot().servers[0]?.status).toBe("running");
      expect(cloud.snapshot().primaryIps).toHaveLength(1);
      expect(await changesOf(requireNoDiff)).toEqual([]);
    },
    LONGEST_MS,
  );

  test(
    "lives the life of what else there is: networks, groups, floating IPs, snapshots, reverse names",
    async () => {
      // Several of them lock the same server, and not every one is tried again by the provider when it comes upon a lock.
      const oneByOne = ["--yes", "--parallel", "1"];
      project = await Project.create(cloud.url, {}, "breadth.js");
      await project.pulumi("up", ...oneByOne);
      expect(await changesOf(requireNoDiff)).toEqual([]);

      await project.configure({ description: "second", ip: "10.0.1.6", protected: "true" });
      await project.pulumi("up", ...oneByOne);
      expect(await changesOf(requireNoDiff)).toEqual([]);

      await project.configure({ protected: "false" });
      await project.pulumi("up", ...oneByOne);
      await project.pulumi("destroy", ...oneByOne);
      expect(await left()).toEqual([]);
    },
    LONGEST_MS,
  );

  test(
    "reports a refusal with the API's words, code and correlation id, and finishes the next time",
    async () => {
      project = await Project.create(cloud.url, { publicKey: KEY });
      cloud.faults.failNext("POST /servers", { status: 412, code: "resource_unavailable", message: "none left" });

      await expect(project.pulumi("up", "--yes")).rejects.toThrow(/none left \(resource_unavailable, [0-9a-f]{16}\)/);
      await project.pulumi("up", "--yes");

      expect(cloud.snapshot()).toMatchObject({ servers: [{ status: "running" }], volumes: [{ server: expect.any(Number) as number }] });
    },
    LONGEST_MS,
  );
});
