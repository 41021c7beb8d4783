// Whatever customers ask for, in whatever order: what must hold of the cloud, holds.
import fc from "fast-check";
import { type ActionJson, Cloud, type ServerJson, type VolumeJson } from "./support/cloud";

/** One thing a customer may ask for; numbers choose among what there is at that moment. */
type Wish =
  | { do: "createServer"; volume: number; ipv4: boolean; start: boolean }
  | { do: "createVolume"; server: number; location: string }
  | { do: "attach"; volume: number; server: number }
  | { do: "detach" | "deleteVolume" | "resize"; volume: number }
  | { do: "deleteServer" | "poweroff" | "poweron" | "reboot" | "rebuild" | "changeType" | "loseServer"; server: number }
  | { do: "createIp" }
  | { do: "assignIp"; ip: number; server: number }
  | { do: "unassignIp" | "deleteIp"; ip: number }
  | { do: "failAction"; command: string };

const pick = fc.nat(3);
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ do: fc.constant("createServer" as const), volume: pick, ipv4: fc.boolean(), start: fc.boolean() }),
  fc.record({ do: fc.constant("createVolume" as const), server: pick, location: fc.constantFrom("fsn1", "nbg1") }),
  fc.record({ do: fc.constant("attach" as const), volume: pick, server: pick }),
  fc.record({ do: fc.constantFrom("detach", "deleteVolume", "resize"), volume: pick }),
  fc.record({ do: fc.constantFrom("deleteServer", "poweroff", "poweron", "reboot", "rebuild", "changeType", "loseServer"), server: pick }),
  fc.record({ do: fc.constant("createIp" as const) }),
  fc.record({ do: fc.constant("assignIp" as const), ip: pick, server: pick }),
  fc.record({ do: fc.constantFrom("unassignIp", "deleteIp"), ip: pick }),
  fc.record({
    do: fc.constant("failAction" as const),
    command: fc.constantFrom("attach_volume", "detach_volume", "create_server", "delete_server"),
  }),
);

interface Ip {
  id: number;
  assignee_id: number | null;
}

interface Everything {
  servers: ServerJson[];
  volumes: VolumeJson[];
  ips: Ip[];
}

async function everything(cloud: Cloud): Promise<Everything> {
  const { servers } = await cloud.do<{ servers: ServerJson[] }>("GET", "/servers?per_page=50");
  const { volumes } = await cloud.do<{ volumes: VolumeJson[] }>("GET", "/volumes?per_page=50");
  const { primary_ips } = await cloud.do<{ primary_ips: Ip[] }>("GET", "/primary_ips?per_page=50");
  return { servers, volumes, ips: primary_ips };
}

let count = 0;

async function grant(cloud: Cloud, asked: Wish, { servers, volumes, ips }: Everything): Promise<ActionJson[]> {
  const name = `n${++count}`;
  const server = "server" in asked ? (servers[asked.server]?.id ?? 4711) : 4711;
  const volume = "volume" in asked ? (volumes[asked.volume]?.id ?? 4711) : 4711;
  const ip = "ip" in asked ? (ips[asked.ip]?.id ?? 4711) : 4711;
  const ask = async (method: string, path: string, body?: object): Promise<ActionJson[]> => {
    const reply = await cloud.ask<{ action?: ActionJson | null; next_actions?: ActionJson[] } | undefined>(method, path, body);
    expect(reply.status).toBeLessThan(500);
    return [...(reply.body?.action ? [reply.body.action] : []), ...(reply.body?.next_actions ?? [])];
  };
  switch (asked.do) {
    case "createServer":
      return ask("POST", "/servers", {
        name,
        server_type: "cx23",
        image: "debian-13",
        location: "fsn1",
        start_after_create: asked.start,
        public_net: { enable_ipv4: asked.ipv4 },
        volumes: volumes[asked.volume] ? [volume] : [],
      });
    case "createVolume":
      return ask("POST", "/volumes", { name, size: 10, ...(servers[asked.server] ? { server } : { location: asked.location }) });
    case "attach":
      return ask("POST", `/volumes/${volume}/actions/attach`, { server });
    case "detach":
      return ask("POST", `/volumes/${volume}/actions/detach`);
    case "resize":
      return ask("POST", `/volumes/${volume}/actions/resize`, { size: 20 });
    case "deleteVolume":
      return ask("DELETE", `/volumes/${volume}`);
    case "deleteServer":
      return ask("DELETE", `/servers/${server}`);
    case "loseServer":
      await cloud.emulator.loseServer(server).catch(() => undefined);
      return [];
    case "rebuild":
      return ask("POST", `/servers/${server}/actions/rebuild`, { image: "ubuntu-24.04" });
    case "changeType":
      return ask("POST", `/servers/${server}/actions/change_type`, { server_type: "cx33", upgrade_disk: false });
    case "createIp":
      return ask("POST", "/primary_ips", { name, type: "ipv4", location: "fsn1" });
    case "assignIp":
      return ask("POST", `/primary_ips/${ip}/actions/assign`, { assignee_type: "server", assignee_id: server });
    case "unassignIp":
      return ask("POST", `/primary_ips/${ip}/actions/unassign`);
    case "deleteIp":
      return ask("DELETE", `/primary_ips/${ip}`);
    case "failAction":
      cloud.emulator.faults.failAction(asked.command);
      return [];
    default:
      return ask("POST", `/servers/${server}/actions/${asked.do}`);
  }
}

function requireConsistent({ servers, volumes, ips }: Everything): void {
  for (const volume of volumes) {
    const holders = servers.filter((server) => server.volumes.includes(volume.id)).map(({ id }) => id);
    expect(holders).toEqual(volume.server === null ? [] : [volume.server]);
  }
  for (const ip of ips) {
    const holders = servers.filter(({ public_net: net }) => net.ipv4?.id === ip.id || net.ipv6?.id === ip.id).map(({ id }) => id);
    expect(holders).toEqual(ip.assignee_id === null ? [] : [ip.assignee_id]);
  }
  const names = [servers, volumes].map((of) => of.map(({ name }) => name));
  for (const each of names) expect(new Set(each).size).toBe(each.length);
}

const SOME_TIME = { attachVolume: 4, detachVolume: 3, createServer: 10, deleteServer: 5, createVolume: 2, action: 1 };

/** A wish, and the seconds that pass before the next. */
const wishes = fc.array(fc.tuple(wish, fc.integer({ min: 0, max: 6 })), { minLength: 5, maxLength: 25 });

test.each([
  ["one after the other", true],
  ["while earlier ones still run", false],
])(
  "wishes granted %s leave each volume and address on one server at most, no number used twice, and every action ended",
  async (_how, oneByOne) => {
    await fc.assert(
      fc.asyncProperty(wishes, async (granted) => {
        const cloud = await Cloud.start({ latencies: oneByOne ? "instant" : SOME_TIME });
        const { clock } = cloud.emulator;
        try {
          // Time passes only when told to, so that what is read in three requests is of one moment.
          const release = oneByOne ? (): void => undefined : clock.hold(60_000);
          const actions: ActionJson[] = [];
          const numbers = new Set<number>();
          for (const [asked, seconds] of granted) {
            const now = await everything(cloud);
            for (const { id } of [...now.servers, ...now.volumes, ...now.ips]) numbers.add(id);
            requireConsistent(now);
            const begun = await grant(cloud, asked, now);
            actions.push(...begun);
            if (oneByOne) await cloud.ended(...begun);
            else await clock.advance(seconds * 1_000);
          }
          release();
          for (const { status } of await endedAll(cloud, actions)) expect(status).not.toBe("running");
          const ids = actions.map(({ id }) => id);
          expect(new Set([...ids, ...numbers]).size).toBe(ids.length + numbers.size);
          await requireSettled(cloud, numbers);
        } finally {
          await cloud.stop();
        }
      }),
      { numRuns: 40 },
    );
  },
);

async function requireSettled(cloud: Cloud, everSeen: Set<number>): Promise<void> {
  const last = await everything(cloud);
  requireConsistent(last);
  for (const { locked, status } of last.servers) {
    expect([locked, status]).toEqual([false, expect.stringMatching(/^(running|off|initializing)$/)]);
  }
  const present = new Set([...last.servers, ...last.volumes, ...last.ips].map(({ id }) => id));
  for (const gone of everSeen) {
    if (present.has(gone)) continue;
    for (const kind of ["servers", "volumes", "primary_ips"]) expect(await cloud.refusal("GET", `/${kind}/${gone}`)).toBe("404 not_found");
  }
}

async function endedAll(cloud: Cloud, actions: ActionJson[]): Promise<ActionJson[]> {
  const ended: ActionJson[] = [];
  for (let from = 0; from < actions.length; from += 25) ended.push(...(await cloud.ended(...actions.slice(from, from + 25))));
  expect(ended).toHaveLength(actions.length);
  return ended;
}
