// Placement groups, floating IPs, snapshots and backups, reverse names.
import { type ActionJson, Cloud, type ServerJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

describe("placement groups", () => {
  const newGroup = async (name: string): Promise<{ id: number }> =>
    (await cloud.do<{ placement_group: { id: number } }>("POST", "/placement_groups", { name, type: "spread" })).placement_group;
  const members = async (id: number): Promise<number[]> =>
    (await cloud.do<{ placement_group: { servers: number[] } }>("GET", `/placement_groups/${id}`)).placement_group.servers;

  test("take servers at creation or while they are off, one group a server", async () => {
    const [group, other] = [await newGroup("group"), await newGroup("other")];
    const a = await cloud.newServer("a", { placement_group: group.id });
    const b = await cloud.newServer("b");
    const join = (server: ServerJson, placement_group: number): Promise<string> =>
      cloud.refusal("POST", `/servers/${server.id}/actions/add_to_placement_group`, { placement_group });

    expect(await join(b, group.id)).toBe("422 server_not_stopped");
    await cloud.act(`/servers/${b.id}`, "poweroff");
    await cloud.act(`/servers/${b.id}`, "add_to_placement_group", { placement_group: group.id });
    expect(await members(group.id)).toEqual([a.id, b.id]);
    expect(await join(b, other.id)).toBe("422 already_in_placement_group");

    await cloud.act(`/servers/${b.id}`, "remove_from_placement_group");
    expect(await members(group.id)).toEqual([a.id]);
    await cloud.do("DELETE", `/placement_groups/${group.id}`);
    expect((await cloud.server(a.id)) as unknown).toMatchObject({ placement_group: null });
  });

  test("hold ten servers and no more", async () => {
    const group = await newGroup("group");
    for (let n = 0; n < 10; n++) await cloud.newServer(`s${n}`, { placement_group: group.id, start_after_create: false });

    const order = { name: "s10", server_type: "cx23", image: "debian-13", placement_group: group.id };
    expect(await cloud.refusal("POST", "/servers", order)).toBe("422 placement_error");
  });
});

describe("floating IPs", () => {
  interface FloatingIpJson {
    id: number;
    ip: string;
    server: number | null;
  }
  type Reply = { floating_ip: FloatingIpJson; action: ActionJson | null };
  const read = async (id: number): Promise<FloatingIpJson> => (await cloud.do<Reply>("GET", `/floating_ips/${id}`)).floating_ip;

  test("move from a running server to another, in any location, and stay when their server goes", async () => {
    const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b", { location: "hel1" })];
    const { floating_ip: ip } = await cloud.done<Reply>("POST", "/floating_ips", { type: "ipv4", server: a.id, description: "service" });
    expect((await cloud.server(a.id)).public_net).toMatchObject({ floating_ips: [ip.id] });

    await cloud.act(`/floating_ips/${ip.id}`, "assign", { server: b.id });
    expect((await cloud.server(a.id)).public_net).toMatchObject({ floating_ips: [] });
    expect((await read(ip.id)).server).toBe(b.id);
    expect(await cloud.refusal("DELETE", `/floating_ips/${ip.id}`)).toBe("422 must_be_unassigned");

    await cloud.done("DELETE", `/servers/${b.id}`);
    expect(await read(ip.id)).toMatchObject({ ip: ip.ip, server: null });
    expect((await cloud.ask("DELETE", `/floating_ips/${ip.id}`)).status).toBe(204);
  });

  test("have reverse names, protection, and need a place", async () => {
    expect(await cloud.wrongFields("POST", "/floating_ips", { type: "ipv4" })).toEqual(["home_location"]);
    const { floating_ip: ip } = await cloud.do<Reply>("POST", "/floating_ips", { type: "ipv6", name: "v6", home_location: "fsn1" });
    const address = ip.ip.replace("/64", "1");

    await cloud.act(`/floating_ips/${ip.id}`, "change_dns_ptr", { ip: address, dns_ptr: "www.example.com" });
    await cloud.act(`/floating_ips/${ip.id}`, "change_protection", { delete: true });

    expect(await read(ip.id)).toMatchObject({ dns_ptr: [{ ip: address, dns_ptr: "www.example.com" }] });
    expect(await cloud.refusal("DELETE", `/floating_ips/${ip.id}`)).toBe("423 protected");
    expect(await cloud.refusal("POST", `/floating_ips/${ip.id}/actions/unassign`)).toBe("422 floating_ip_not_assigned");
  });
});

describe("images of one's own", () => {
  type Made = { image: { id: number; status: string; type: string }; action: ActionJson };
  const image = async (id: number): Promise<unknown> => (await cloud.do<{ image: unknown }>("GET", `/images/${id}`)).image;

  test("a snapshot has no name, outlives its server, and makes servers of its architecture and size", async () => {
    const server = await cloud.newServer("web");
    const made = await cloud.done<Made>("POST", `/servers/${server.id}/actions/create_image`, {
      description: "golden",
      labels: { a: "b" },
    });
    expect(made.image.status).toBe("creating");
    await cloud.done("DELETE", `/servers/${server.id}`);

    expect(await image(made.image.id)).toMatchObject({
      type: "snapshot",
      status: "available",
      name: null,
      description: "golden",
      disk_size: 40,
      created_from: { id: server.id, name: "web" },
    });
    const again = await cloud.newServer("again", { image: made.image.id });
    expect(again.image).toMatchObject({ id: made.image.id });
    const order = { name: "x", server_type: "cax11", image: String(made.image.id) };
    expect(await cloud.wrongFields("POST", "/servers", order)).toEqual(["image"]);
  });

  test("a backup needs backups to be on, and goes with its server unless it becomes a snapshot", async () => {
    const server = await cloud.newServer("web");
    expect(await cloud.refusal("POST", `/servers/${server.id}/actions/create_image`, { type: "backup" })).toBe("422 invalid_input");
    await cloud.act(`/servers/${server.id}`, "enable_backup");
    const [goes, stays] = [
      await cloud.done<Made>("POST", `/servers/${server.id}/actions/create_image`, { type: "backup" }),
      await cloud.done<Made>("POST", `/servers/${server.id}/actions/create_image`, { type: "backup" }),
    ];
    await cloud.do("PUT", `/images/${stays.image.id}`, { type: "snapshot", description: "kept" });

    await cloud.done("DELETE", `/servers/${server.id}`);

    expect(await cloud.refusal("GET", `/images/${goes.image.id}`)).toBe("404 not_found");
    expect(await image(stays.image.id)).toMatchObject({ type: "snapshot", bound_to: null, description: "kept" });
  });

  test("are protected and deleted; those of the system are nobody's to change", async () => {
    const server = await cloud.newServer("web");
    const { image: made } = await cloud.done<Made>("POST", `/servers/${server.id}/actions/create_image`);
    await cloud.act(`/images/${made.id}`, "change_protection", { delete: true });
    expect(await cloud.refusal("DELETE", `/images/${made.id}`)).toBe("423 protected");
    await cloud.act(`/images/${made.id}`, "change_protection", { delete: false });
    expect((await cloud.ask("DELETE", `/images/${made.id}`)).status).toBe(204);

    expect(await cloud.refusal("DELETE", "/images/310557660")).toBe("403 forbidden");
  });

  test("one that could not be made is not there", async () => {
    const server = await cloud.newServer("web");
    cloud.emulator.faults.failAction("create_image");

    const made = await cloud.do<Made>("POST", `/servers/${server.id}/actions/create_image`);

    expect((await cloud.ended(made.action))[0]?.status).toBe("error");
    expect(await cloud.refusal("GET", `/images/${made.image.id}`)).toBe("404 not_found");
  });
});

test("a reverse name set on the server is that of its address", async () => {
  const server = await cloud.newServer("web");
  const ip = server.public_net.ipv4?.ip ?? "";

  await cloud.act(`/servers/${server.id}`, "change_dns_ptr", { ip, dns_ptr: "web.example.com" });

  expect((await cloud.server(server.id)).public_net.ipv4?.dns_ptr).toBe("web.example.com");
  const foreign = { ip: "192.0.2.1", dns_ptr: "x" };
  expect(await cloud.wrongFields("POST", `/servers/${server.id}/actions/change_dns_ptr`, foreign)).toEqual(["ip"]);
});
