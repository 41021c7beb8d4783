import { type ActionJson, Cloud, type ServerJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const order = { name: "web", server_type: "cx23", image: "debian-13", location: "fsn1" };

describe("creating a server", () => {
  test("answers at once with a server that is initializing, and it runs when its actions are over", async () => {
    const reply = await cloud.ask<{ server: ServerJson; action: ActionJson; next_actions: ActionJson[]; root_password: string | null }>(
      "POST",
      "/servers",
      order,
    );

    expect(reply.status).toBe(201);
    expect(reply.body.server.status).toBe("initializing");
    expect([reply.body.action, ...reply.body.next_actions].map(({ command, status }) => `${command} ${status}`)).toEqual([
      "create_server running",
      "start_server running",
    ]);
    expect(reply.body.root_password).toEqual(expect.any(String));
    await cloud.ended(reply.body.action, ...reply.body.next_actions);
    expect((await cloud.server(reply.body.server.id)).status).toBe("running");
  });

  test("takes type, image, location and ssh keys by name, by number and by number in a string", async () => {
    const { ssh_key } = await cloud.do<{ ssh_key: { id: number } }>("POST", "/ssh_keys", { name: "me", public_key: KEY });
    const types = await cloud.do<{ server_types: { id: number }[] }>("GET", "/server_types?name=cx23");
    const images = await cloud.do<{ images: { id: number }[] }>("GET", "/images?name=debian-13&architecture=x86");
    const type = types.server_types[0]?.id ?? 0;
    const image = images.images[0]?.id ?? 0;

    const byNumber = await cloud.newServer("a", { server_type: type, image, location: 1, ssh_keys: [ssh_key.id] });
    const byString = await cloud.newServer("b", { server_type: String(type), image: String(image), location: "1", ssh_keys: ["me"] });

    for (const server of [byNumber, byString]) {
      expect(server).toMatchObject({ server_type: { name: "cx23" }, image: { name: "debian-13" }, location: { name: "fsn1" } });
    }
  });

  test("gives no root password when there are ssh keys", async () => {
    await cloud.do("POST", "/ssh_keys", { name: "me", public_key: KEY });

    const reply = await cloud.done<{ root_password: string | null; action: ActionJson }>("POST", "/servers", {
      ...order,
      ssh_keys: ["me"],
    });

    expect(reply.root_password).toBeNull();
  });

  test("reports all fields that are wrong, and creates nothing", async () => {
    const fields = await cloud.wrongFields("POST", "/servers", { name: "-bad-", server_type: "", labels: { "hetzner.cloud/x": "y" } });

    expect(fields.sort()).toEqual(["image", "labels", "name", "server_type"]);
    expect(cloud.emulator.snapshot().servers).toEqual([]);
  });

  test.each([
    ["an unknown server type", { server_type: "cx9000" }, "422 invalid_input"],
    ["an unknown image", { image: "debian-1" }, "422 invalid_input"],
    ["an image of another architecture", { server_type: "cax11", image: 310557660 }, "422 invalid_input"],
    ["an unknown location", { location: "mars1" }, "422 invalid_input"],
    ["a location where the type is not offered", { server_type: "cx23", location: "ash" }, "422 invalid_input"],
    ["a type whose time is over", { server_type: "cx11" }, "422 invalid_input"],
    ["a type whose time is over in this location", { server_type: "cpx11" }, "422 invalid_input"],
    ["an unknown ssh key", { ssh_keys: [4711] }, "422 invalid_input"],
    ["an unknown volume", { volumes: [4711] }, "422 invalid_input"],
    ["an unknown firewall", { firewalls: [{ firewall: 4711 }] }, "422 invalid_input"],
    ["a datacenter, which is gone", { datacenter: "fsn1-dc14" }, "422 invalid_input"],
    ["too much user data", { user_data: "x".repeat(32 * 1024 + 1) }, "422 invalid_input"],
    ["no network to be started with", { public_net: { enable_ipv4: false, enable_ipv6: false } }, "422 invalid_input"],
  ])("is refused with %s", async (_what, more, refusal) => {
    expect(await cloud.refusal("POST", "/servers", { ...order, ...more })).toBe(refusal);
    expect(cloud.emulator.snapshot()).toMatchObject({ servers: [], primaryIps: [] });
  });

  test("a type that ended in one location can still be had in another", async () => {
    const server = await cloud.newServer("a", { server_type: "cpx11", location: "ash" });

    expect(server.status).toBe("running");
  });

  test("a type that is sold out says so in the catalogue and is refused, until it is back", async () => {
    cloud.emulator.stock.set("cx23", "fsn1", false);
    const { server_types } = await cloud.do<{ server_types: { locations: { name: string; available: boolean }[] }[] }>(
      "GET",
      "/server_types?name=cx23",
    );

    expect(server_types[0]?.locations.filter(({ available }) => available).map(({ name }) => name)).toEqual(["nbg1", "hel1"]);
    expect(await cloud.refusal("POST", "/servers", order)).toBe("412 resource_unavailable");

    cloud.emulator.stock.set("cx23", "fsn1", true);
    expect((await cloud.newServer("web")).status).toBe("running");
  });

  test("a name is taken until the server that has it is gone", async () => {
    const { id } = await cloud.newServer("web");

    const refused = await cloud.ask<{ error: { code: string } }>("POST", "/servers", order);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: "uniqueness_error", details: { fields: [{ name: "name" }] } } } });

    await cloud.done("DELETE", `/servers/${id}`);
    await cloud.newServer("web");
  });

  test("each family of addresses can be left out, and is null then", async () => {
    const server = await cloud.newServer("web", { public_net: { enable_ipv4: false } });

    expect(server.public_net.ipv4).toBeNull();
    expect(server.public_net.ipv6?.ip).toMatch(/^2001:db8:0:[0-9a-f]+::\/64$/);
  });

  test("volumes given at creation are attached when it is over", async () => {
    const volume = await cloud.newVolume("data");

    const server = await cloud.newServer("web", { volumes: [volume.id] });

    expect(server.volumes).toEqual([volume.id]);
    expect((await cloud.volume(volume.id)).server).toBe(server.id);
  });
});

describe("deleting a server", () => {
  test("frees volumes and own addresses, takes automatic addresses along, and leaves its firewalls", async () => {
    const { primary_ip } = await cloud.do<{ primary_ip: { id: number } }>("POST", "/primary_ips", {
      name: "mine",
      type: "ipv4",
      location: "fsn1",
    });
    const { firewall } = await cloud.do<{ firewall: { id: number } }>("POST", "/firewalls", { name: "fw" });
    const volume = await cloud.newVolume("data");
    const { id } = await cloud.newServer("web", {
      volumes: [volume.id],
      firewalls: [{ firewall: firewall.id }],
      public_net: { ipv4: primary_ip.id },
    });
    expect(cloud.emulator.snapshot().primaryIps).toHaveLength(2);

    const reply = await cloud.ask<{ action: ActionJson }>("DELETE", `/servers/${id}`);
    expect(reply.status).toBe(200);
    await cloud.ended(reply.body.action);

    expect(await cloud.refusal("GET", `/servers/${id}`)).toBe("404 not_found");
    expect((await cloud.volume(volume.id)).server).toBeNull();
    expect(cloud.emulator.snapshot().primaryIps).toEqual([expect.objectContaining({ id: primary_ip.id, assignee: null })]);
    await cloud.do("DELETE", `/firewalls/${firewall.id}`);
  });

  test("is possible while an action runs on it, which then fails", async () => {
    await cloud.stop();
    cloud = await Cloud.start({ latencies: { attachVolume: 4 } });
    const { id } = await cloud.newServer("web");
    const volume = await cloud.newVolume("data");
    const { action } = await cloud.do<{ action: ActionJson }>("POST", `/volumes/${volume.id}/actions/attach`, { server: id });

    await cloud.done("DELETE", `/servers/${id}`);

    expect((await cloud.ended(action))[0]).toMatchObject({ status: "error", error: { code: "action_failed" } });
    expect((await cloud.volume(volume.id)).server).toBeNull();
  });

  test("twice is 404 the second time, which the Terraform provider takes for an error", async () => {
    const { id } = await cloud.newServer("web");
    await cloud.done("DELETE", `/servers/${id}`);

    expect(await cloud.refusal("DELETE", `/servers/${id}`)).toBe("404 not_found");
  });
});

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7lJYBrGyUmUs8bQ0DRFCyxOCFDFDrFpRpyDJqPQLE9 me@example";
