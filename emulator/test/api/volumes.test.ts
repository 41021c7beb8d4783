import { type ActionJson, Cloud, type VolumeJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

interface Created {
  volume: VolumeJson;
  action: ActionJson;
  next_actions: ActionJson[];
}

describe("creating a volume", () => {
  test("answers with one that is being created, and it is available when its action is over", async () => {
    const reply = await cloud.do<Created>("POST", "/volumes", {
      name: "data",
      size: 10,
      location: "fsn1",
      format: "ext4",
      labels: { a: "b" },
    });

    expect(reply.volume).toMatchObject({ status: "creating", server: null, size: 10, labels: { a: "b" } });
    expect(reply.volume.linux_device).toBe(`/dev/disk/by-id/scsi-0HC_Volume_${reply.volume.id}`);
    expect(reply.next_actions).toEqual([]);
    await cloud.ended(reply.action);
    expect((await cloud.volume(reply.volume.id)).status).toBe("available");
  });

  test("with a server instead of a location attaches it there, as a next action", async () => {
    const server = await cloud.newServer("web");

    const reply = await cloud.done<Created>("POST", "/volumes", {
      name: "data",
      size: 10,
      server: server.id,
      format: "ext4",
      automount: true,
    });

    expect(reply.next_actions.map(({ command }) => command)).toEqual(["attach_volume"]);
    expect(await cloud.volume(reply.volume.id)).toMatchObject({ server: server.id, status: "available" });
  });

  test.each([
    ["too small", { size: 9 }, "size"],
    ["too large", { size: 10_241 }, "size"],
    ["of half a gigabyte", { size: 10.5 }, "size"],
    ["with a name that ends in a dash", { name: "data-" }, "name"],
    ["with a name of 65 characters", { name: "x".repeat(65) }, "name"],
    ["of an unknown format", { format: "btrfs" }, "format"],
    ["nowhere", { location: undefined }, "location"],
    ["in an unknown place", { location: "mars1" }, "location"],
    ["on an unknown server", { location: undefined, server: 4711 }, "server"],
    ["mounted without a server", { automount: true, format: "ext4" }, "automount"],
    ["with a label key that is none", { labels: { "-": "x" } }, "labels"],
  ])("is refused %s", async (_what, more, field) => {
    expect(await cloud.wrongFields("POST", "/volumes", { name: "data", size: 10, location: "fsn1", ...more })).toEqual([field]);
    expect(cloud.emulator.snapshot().volumes).toEqual([]);
  });

  test("and renaming one is refused under a name that is taken", async () => {
    await cloud.newVolume("data");
    const other = await cloud.newVolume("other");

    expect(await cloud.refusal("POST", "/volumes", { name: "data", size: 10, location: "fsn1" })).toBe("409 uniqueness_error");
    expect(await cloud.refusal("PUT", `/volumes/${other.id}`, { name: "data" })).toBe("409 uniqueness_error");
    await cloud.do("PUT", `/volumes/${other.id}`, { name: "other", labels: { still: "mine" } });
    expect(await cloud.volume(other.id)).toMatchObject({ name: "other", labels: { still: "mine" } });
  });
});

describe("attaching", () => {
  test("is seen on the volume and on the server, and undone by detaching", async () => {
    const server = await cloud.newServer("web");
    const volume = await cloud.newVolume("data");

    await cloud.act(`/volumes/${volume.id}`, "attach", { server: server.id, automount: false });
    expect((await cloud.volume(volume.id)).server).toBe(server.id);
    expect((await cloud.server(server.id)).volumes).toEqual([volume.id]);

    await cloud.act(`/volumes/${volume.id}`, "detach");
    expect((await cloud.volume(volume.id)).server).toBeNull();
    expect((await cloud.server(server.id)).volumes).toEqual([]);
  });

  test("is refused while the volume is on a server, be it the same", async () => {
    const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b")];
    const volume = await cloud.newVolume("data", { server: a.id });

    for (const server of [a, b]) {
      expect(await cloud.refusal("POST", `/volumes/${volume.id}/actions/attach`, { server: server.id })).toBe(
        "422 volume_already_attached",
      );
    }
    expect((await cloud.volume(volume.id)).server).toBe(a.id);
  });

  test("is refused across locations", async () => {
    const server = await cloud.newServer("web", { location: "nbg1" });
    const volume = await cloud.newVolume("data", { location: "fsn1" });

    expect(await cloud.refusal("POST", `/volumes/${volume.id}/actions/attach`, { server: server.id })).toBe("422 invalid_input");
  });

  test("is possible sixteen times on one server, and no more", async () => {
    const server = await cloud.newServer("web");
    for (let n = 0; n < 16; n++) await cloud.newVolume(`v${n}`, { server: server.id });
    const another = await cloud.newVolume("v16");

    expect(await cloud.refusal("POST", `/volumes/${another.id}/actions/attach`, { server: server.id })).toBe("403 resource_limit_exceeded");
    expect((await cloud.server(server.id)).volumes).toHaveLength(16);
  });

  test("to nothing, and detaching what is not attached, are refused", async () => {
    const volume = await cloud.newVolume("data");

    expect(await cloud.refusal("POST", `/volumes/${volume.id}/actions/attach`, { server: 4711 })).toBe("422 invalid_input");
    expect(await cloud.refusal("POST", `/volumes/${volume.id}/actions/detach`)).toBe("422 invalid_input");
  });
});

test("a volume grows and never shrinks", async () => {
  const volume = await cloud.newVolume("data");

  await cloud.act(`/volumes/${volume.id}`, "resize", { size: 20 });

  expect((await cloud.volume(volume.id)).size).toBe(20);
  for (const size of [10, 20, 10_241]) {
    expect(await cloud.wrongFields("POST", `/volumes/${volume.id}/actions/resize`, { size })).toEqual(["size"]);
  }
});

test("a volume is deleted only when it is neither attached nor protected", async () => {
  const server = await cloud.newServer("web");
  const volume = await cloud.newVolume("data", { server: server.id });
  await cloud.act(`/volumes/${volume.id}`, "change_protection", { delete: true });

  expect(await cloud.refusal("DELETE", `/volumes/${volume.id}`)).toBe("423 protected");
  await cloud.act(`/volumes/${volume.id}`, "change_protection", { delete: false });
  expect(await cloud.refusal("DELETE", `/volumes/${volume.id}`)).toBe("422 invalid_input");
  await cloud.act(`/volumes/${volume.id}`, "detach");
  expect((await cloud.ask("DELETE", `/volumes/${volume.id}`)).status).toBe(204);
  expect(await cloud.refusal("GET", `/volumes/${volume.id}`)).toBe("404 not_found");
});
