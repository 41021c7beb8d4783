import fc from "fast-check";
import { contains, formatIpv4, formatRange, isPrivate, overlap, parseIpv4, parseRange } from "../../src/model/cidr";
import { Cloud, type ServerJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

interface NetworkJson {
  id: number;
  ip_range: string;
  subnets: { ip_range: string; gateway: string; network_zone: string }[];
  routes: object[];
  servers: number[];
}
interface InNetwork extends ServerJson {
  private_net: { network: number; ip: string; alias_ips: string[] }[];
}

const subnet = { type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" };
const newNetwork = async (name: string, more: object = { subnets: [subnet] }): Promise<NetworkJson> =>
  (await cloud.do<{ network: NetworkJson }>("POST", "/networks", { name, ip_range: "10.0.0.0/16", ...more })).network;
const read = async (id: number): Promise<NetworkJson> => (await cloud.do<{ network: NetworkJson }>("GET", `/networks/${id}`)).network;
const nets = async (id: number): Promise<InNetwork["private_net"]> => ((await cloud.server(id)) as InNetwork).private_net;

test("a server joins with the lowest free address, or the one it asks for, and leaves again", async () => {
  const network = await newNetwork("private");
  const [a, b, c] = [await cloud.newServer("a", { networks: [network.id] }), await cloud.newServer("b"), await cloud.newServer("c")];
  expect(await nets(a.id)).toMatchObject([{ network: network.id, ip: "10.0.1.1", alias_ips: [] }]);

  await cloud.act(`/servers/${b.id}`, "attach_to_network", { network: network.id });
  await cloud.act(`/servers/${c.id}`, "attach_to_network", { network: network.id, ip: "10.0.1.9", alias_ips: ["10.0.1.10"] });
  expect(await nets(b.id)).toMatchObject([{ ip: "10.0.1.2" }]);
  expect(await nets(c.id)).toMatchObject([{ ip: "10.0.1.9", alias_ips: ["10.0.1.10"] }]);
  expect((await read(network.id)).servers).toEqual([a.id, b.id, c.id]);

  await cloud.act(`/servers/${c.id}`, "change_alias_ips", { network: network.id, alias_ips: ["10.0.1.11", "10.0.1.10"] });
  expect(await nets(c.id)).toMatchObject([{ alias_ips: ["10.0.1.11", "10.0.1.10"] }]);
  await cloud.act(`/servers/${b.id}`, "detach_from_network", { network: network.id });
  await cloud.done("DELETE", `/servers/${a.id}`);
  expect((await read(network.id)).servers).toEqual([c.id]);
});

test("a vSwitch is in one network, and once", async () => {
  const behind = { type: "vswitch", network_zone: "eu-central", vswitch_id: 7 };
  const network = await newNetwork("private", { subnets: [behind] });
  const refusal = "422 vswitch_id_already_used";

  expect(await cloud.refusal("POST", "/networks", { name: "other", ip_range: "10.0.0.0/16", subnets: [behind] })).toBe(refusal);
  expect(await cloud.refusal("POST", `/networks/${network.id}/actions/add_subnet`, behind)).toBe(refusal);
  const twice = { name: "twice", ip_range: "10.0.0.0/16", subnets: [1, 2].map(() => ({ ...behind, vswitch_id: 8 })) };
  expect(await cloud.refusal("POST", "/networks", twice)).toBe(refusal);
});

test.each([
  ["an address that is taken", { ip: "10.0.1.1" }, "422 ip_not_available"],
  ["an address outside of all subnets", { ip: "10.0.2.1" }, "422 ip_not_available"],
  ["an alias that is taken", { alias_ips: ["10.0.1.1"] }, "422 ip_not_available"],
  ["a subnet that is not there", { ip_range: "10.0.2.0/24" }, "422 no_subnet_available"],
  ["an unknown network", { network: 4711 }, "404 not_found"],
])("joining is refused with %s", async (_what, more, refusal) => {
  const network = await newNetwork("private");
  await cloud.newServer("first", { networks: [network.id] });
  const server = await cloud.newServer("web");

  expect(await cloud.refusal("POST", `/servers/${server.id}/actions/attach_to_network`, { network: network.id, ...more })).toBe(refusal);
  expect(await nets(server.id)).toEqual([]);
});

test("joining is refused twice, in another zone, in overlapping networks, and when no address is left", async () => {
  const network = await newNetwork("private");
  const other = await newNetwork("overlapping");
  const tiny = await newNetwork("tiny", { ip_range: "192.168.0.0/24", subnets: [{ ...subnet, ip_range: "192.168.0.0/30" }] });
  const server = await cloud.newServer("web", { networks: [network.id, tiny.id] });
  const join = (id: number, to: number): Promise<string> =>
    cloud.refusal("POST", `/servers/${id}/actions/attach_to_network`, { network: to });
  const order = { name: "x", server_type: "cpx22", image: "debian-13" };

  expect(await nets(server.id)).toMatchObject([{ ip: "10.0.1.1" }, { ip: "192.168.0.2" }]);
  expect(await join(server.id, network.id)).toBe("422 server_already_attached");
  expect(await join(server.id, other.id)).toBe("422 networks_overlap");
  expect(await cloud.refusal("POST", "/servers", { ...order, location: "ash", networks: [network.id] })).toBe("422 no_subnet_available");
  expect(await cloud.refusal("POST", "/servers", { ...order, location: "fsn1", networks: [tiny.id] })).toBe("422 no_subnet_available");
  expect(cloud.emulator.snapshot().servers).toHaveLength(1);
});

test("subnets and routes are added and removed; a subnet with servers stays", async () => {
  const { id } = await newNetwork("private");
  await cloud.act(`/networks/${id}`, "add_subnet", { type: "cloud", network_zone: "us-east" });
  await cloud.act(`/networks/${id}`, "add_route", { destination: "10.100.1.0/24", gateway: "10.0.1.1" });
  const server = await cloud.newServer("web", { networks: [id] });

  expect(await read(id)).toMatchObject({
    subnets: [
      { ip_range: "10.0.1.0/24", gateway: "10.0.0.1" },
      { ip_range: "10.0.0.0/24", network_zone: "us-east" },
    ],
    routes: [{ destination: "10.100.1.0/24", gateway: "10.0.1.1" }],
  });
  expect(await cloud.refusal("POST", `/networks/${id}/actions/delete_subnet`, { ip_range: "10.0.1.0/24" })).toBe("422 service_error");
  await cloud.act(`/servers/${server.id}`, "detach_from_network", { network: id });
  await cloud.act(`/networks/${id}`, "delete_subnet", { ip_range: "10.0.1.0/24" });
  await cloud.act(`/networks/${id}`, "delete_route", { destination: "10.100.1.0/24", gateway: "10.0.1.1" });
  expect(await read(id)).toMatchObject({ subnets: [{ ip_range: "10.0.0.0/24" }], routes: [] });
  expect(await cloud.refusal("POST", `/networks/${id}/actions/delete_subnet`, { ip_range: "10.0.1.0/24" })).toBe("404 not_found");
});

test.each([
  ["a public range", "/networks", { name: "x", ip_range: "8.8.8.0/24" }, "ip_range"],
  ["a range that is too small", "/networks", { name: "x", ip_range: "10.0.0.0/25" }, "ip_range"],
  ["host bits", "/networks", { name: "x", ip_range: "10.0.0.1/16" }, "ip_range"],
  ["a subnet outside", "/networks", { name: "x", ip_range: "10.0.0.0/16", subnets: [{ ...subnet, ip_range: "10.1.0.0/24" }] }, "ip_range"],
  ["subnets that overlap", "/networks", { name: "x", ip_range: "10.0.0.0/16", subnets: [subnet, subnet] }, "ip_range"],
  [
    "an unknown zone",
    "/networks",
    { name: "x", ip_range: "10.0.0.0/16", subnets: [{ ...subnet, network_zone: "mars" }] },
    "subnets.0.network_zone",
  ],
  [
    "a vswitch without its id",
    "/networks",
    { name: "x", ip_range: "10.0.0.0/16", subnets: [{ ...subnet, type: "vswitch" }] },
    "vswitch_id",
  ],
  [
    "a gateway outside",
    "/networks",
    { name: "x", ip_range: "10.0.0.0/16", routes: [{ destination: "0.0.0.0/0", gateway: "10.1.0.1" }] },
    "gateway",
  ],
])("a network is refused with %s", async (_what, path, body, field) => {
  expect(await cloud.wrongFields("POST", path, body)).toEqual([field]);
});

test("a network's range grows and does not shrink or move", async () => {
  const { id } = await newNetwork("private");

  await cloud.act(`/networks/${id}`, "change_ip_range", { ip_range: "10.0.0.0/8" });

  expect((await read(id)).ip_range).toBe("10.0.0.0/8");
  for (const ip_range of ["10.0.0.0/16", "172.16.0.0/12"]) {
    expect(await cloud.wrongFields("POST", `/networks/${id}/actions/change_ip_range`, { ip_range })).toEqual(["ip_range"]);
  }
});

test("while a network is being changed, another change is a conflict, which clients try again", async () => {
  await cloud.stop();
  cloud = await Cloud.start({ latencies: { action: 1 } });
  const { id } = await newNetwork("private");
  const release = cloud.emulator.clock.hold(60_000);
  await cloud.do("POST", `/networks/${id}/actions/add_route`, { destination: "0.0.0.0/0", gateway: "10.0.1.1" });

  expect(await cloud.refusal("PUT", `/networks/${id}`, { name: "other" })).toBe("409 conflict");
  expect(await cloud.refusal("POST", `/networks/${id}/actions/add_subnet`, { type: "cloud", network_zone: "us-east" })).toBe(
    "409 conflict",
  );
  release();
});

test("deleting a network takes servers out of it; protection keeps it", async () => {
  const { id } = await newNetwork("private");
  const server = await cloud.newServer("web", { networks: [id] });
  await cloud.act(`/networks/${id}`, "change_protection", { delete: true });
  expect(await cloud.refusal("DELETE", `/networks/${id}`)).toBe("423 protected");

  await cloud.act(`/networks/${id}`, "change_protection", { delete: false });
  expect((await cloud.ask("DELETE", `/networks/${id}`)).status).toBe(204);

  expect(await nets(server.id)).toEqual([]);
});

test("a server without public addresses starts in a private network", async () => {
  const { id } = await newNetwork("private");

  const server = await cloud.newServer("web", { networks: [id], public_net: { enable_ipv4: false, enable_ipv6: false } });

  expect(server.status).toBe("running");
});

describe("ranges", () => {
  const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([at, bits]) => {
    const size = 2 ** (32 - bits);
    return { first: at - (at % size), last: at - (at % size) + size - 1, bits };
  });

  test("are written and read back unchanged", () => {
    fc.assert(fc.property(address, (ip) => expect(parseIpv4(formatIpv4(ip))).toBe(ip)));
    fc.assert(fc.property(range, (each) => expect(parseRange(formatRange(each))).toEqual(each)));
  });

  test("overlap only when one contains the other", () => {
    fc.assert(fc.property(range, range, (a, b) => expect(overlap(a, b)).toBe(contains(a, b) || contains(b, a))));
  });

  test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "010.0.0.0/8", "10.0.0.256/32", "::/0", "10.0.0.0/8/8"])("%s is none", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  test.each([
    ["172.31.0.0/16", true],
    ["172.32.0.0/16", false],
    ["0.0.0.0/0", false],
  ])("%s is private: %s", (text, expected) => {
    const parsed = parseRange(text);
    expect(parsed && isPrivate(parsed)).toBe(expected);
  });
});
