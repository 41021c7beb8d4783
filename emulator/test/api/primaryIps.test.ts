import { type ActionJson, Cloud } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

interface PrimaryIpJson {
  id: number;
  ip: string;
  assignee_id: number | null;
  assignee_type: string;
  auto_delete: boolean;
  dns_ptr: { ip: string; dns_ptr: string }[];
}
type Reply = { primary_ip: PrimaryIpJson; action: ActionJson | null };

const newIp = async (name: string, more: object = {}): Promise<PrimaryIpJson> =>
  (await cloud.done<Reply>("POST", "/primary_ips", { name, type: "ipv4", location: "fsn1", ...more })).primary_ip;
const read = async (id: number): Promise<PrimaryIpJson> => (await cloud.do<Reply>("GET", `/primary_ips/${id}`)).primary_ip;

test("an address that nobody has says so, and needs no action", async () => {
  const reply = await cloud.do<Reply>("POST", "/primary_ips", { name: "mine", type: "ipv4", location: "fsn1", assignee_type: "server" });

  expect(reply.action).toBeNull();
  expect(reply.primary_ip).toMatchObject({ assignee_type: "unassigned", assignee_id: null, auto_delete: false });
  expect(reply.primary_ip.ip).toMatch(/^198\.1[89]\.\d+\.\d+$/);
});

test("it goes from server to server while both are off, and keeps its number", async () => {
  const [a, b] = [
    await cloud.newServer("a"),
    await cloud.newServer("b", { public_net: { enable_ipv4: false }, start_after_create: false }),
  ];
  const own = a.public_net.ipv4;
  const path = `/primary_ips/${own?.id ?? 0}`;
  expect(await cloud.refusal("POST", `${path}/actions/unassign`)).toBe("422 server_not_stopped");

  await cloud.act(`/servers/${a.id}`, "poweroff");
  await cloud.act(path, "unassign");
  expect(await read(own?.id ?? 0)).toMatchObject({ assignee_type: "unassigned", assignee_id: null });
  await cloud.act(path, "assign", { assignee_type: "server", assignee_id: b.id });

  expect((await cloud.server(a.id)).public_net.ipv4).toBeNull();
  expect((await cloud.server(b.id)).public_net.ipv4?.ip).toBe(own?.ip);
});

test("an address is refused to a server that runs, has one already, or is elsewhere", async () => {
  const ip = await newIp("mine");
  const running = await cloud.newServer("running");
  const other = await cloud.newServer("other", { location: "nbg1", start_after_create: false, public_net: { enable_ipv4: false } });
  const assign = (assignee_id: number): Promise<string> =>
    cloud.refusal("POST", `/primary_ips/${ip.id}/actions/assign`, { assignee_type: "server", assignee_id });

  expect(await assign(running.id)).toBe("422 server_not_stopped");
  await cloud.act(`/servers/${running.id}`, "poweroff");
  expect(await assign(running.id)).toBe("422 server_has_ipv4");
  expect(await assign(other.id)).toBe("422 invalid_input");
  expect(await assign(4711)).toBe("422 invalid_input");
});

test("a server is ordered with an address of one's own, of the right kind, free, and in the same place", async () => {
  const [mine, elsewhere, v6] = [await newIp("mine"), await newIp("elsewhere", { location: "nbg1" }), await newIp("v6", { type: "ipv6" })];
  const order = (public_net: object): object => ({ name: "b", server_type: "cx23", image: "debian-13", location: "fsn1", public_net });

  const server = await cloud.newServer("a", { public_net: { ipv4: mine.id } });

  expect(server.public_net.ipv4?.ip).toBe(mine.ip);
  expect(await cloud.refusal("POST", "/servers", order({ ipv4: mine.id }))).toBe("422 primary_ip_assigned");
  expect(await cloud.refusal("POST", "/servers", order({ ipv4: elsewhere.id }))).toBe("422 primary_ip_datacenter_mismatch");
  expect(await cloud.refusal("POST", "/servers", order({ ipv4: v6.id }))).toBe("412 primary_ip_version_mismatch");
});

test("an assigned or protected address is not deleted", async () => {
  const ip = await newIp("mine");
  const server = await cloud.newServer("a", { public_net: { ipv4: ip.id } });
  expect(await cloud.refusal("DELETE", `/primary_ips/${ip.id}`)).toBe("422 must_be_unassigned");

  await cloud.done("DELETE", `/servers/${server.id}`);
  await cloud.act(`/primary_ips/${ip.id}`, "change_protection", { delete: true });
  expect(await cloud.refusal("DELETE", `/primary_ips/${ip.id}`)).toBe("423 protected");
  await cloud.act(`/primary_ips/${ip.id}`, "change_protection", { delete: false });
  expect((await cloud.ask("DELETE", `/primary_ips/${ip.id}`)).status).toBe(204);
});

test("auto_delete decides whether an address goes with its server", async () => {
  const [stays, goes] = [await newIp("stays"), await newIp("goes", { type: "ipv6" })];
  await cloud.do("PUT", `/primary_ips/${goes.id}`, { auto_delete: true });
  const server = await cloud.newServer("a", { public_net: { ipv4: stays.id, ipv6: goes.id } });

  await cloud.done("DELETE", `/servers/${server.id}`);

  expect(cloud.emulator.snapshot().primaryIps.map(({ name }) => name)).toEqual(["stays"]);
});

test("reverse names are set and reset, for addresses of one's own only", async () => {
  const ip = await newIp("mine");
  const initial = ip.dns_ptr;

  await cloud.act(`/primary_ips/${ip.id}`, "change_dns_ptr", { ip: ip.ip, dns_ptr: "www.example.com" });
  expect((await read(ip.id)).dns_ptr).toEqual([{ ip: ip.ip, dns_ptr: "www.example.com" }]);
  await cloud.act(`/primary_ips/${ip.id}`, "change_dns_ptr", { ip: ip.ip, dns_ptr: null });
  expect((await read(ip.id)).dns_ptr).toEqual(initial);

  const foreign = { ip: "192.0.2.1", dns_ptr: "www.example.com" };
  expect(await cloud.wrongFields("POST", `/primary_ips/${ip.id}/actions/change_dns_ptr`, foreign)).toEqual(["ip"]);
});

test("no address is given out twice, and one that is free again is", async () => {
  const first = await newIp("first");
  const second = await newIp("second");
  expect(second.ip).not.toBe(first.ip);

  await cloud.do("DELETE", `/primary_ips/${first.id}`);

  expect((await newIp("third")).ip).toBe(first.ip);
});
