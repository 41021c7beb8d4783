import { type World, newWorld } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("many mistakes are one report with their paths, and no request is made", async () => {
  world.configure(
    {
      devserver: {
        serverTyp: "cx23",
        location: "fsn2",
        image: "windows",
        recreate: -1,
        volumes: { home: { size: 5 }, data: { size: "big", mountPoint: "relative" } },
        ssh: { port: 70000 },
      },
      Upper_Case: { serverType: "cx22", location: "fsn1" },
    },
    { typo: true },
  );

  const failure = String(await world.stack.up().catch((error: unknown) => error));

  for (const path of [
    "nixos-vps:typo",
    "nixos-vps:machines.devserver.serverTyp",
    "nixos-vps:machines.devserver.location",
    "nixos-vps:machines.devserver.image",
    "nixos-vps:machines.devserver.recreate",
    "nixos-vps:machines.devserver.volumes.home.size",
    "nixos-vps:machines.devserver.volumes.data.size",
    "nixos-vps:machines.devserver.volumes.data.mountPoint",
    "nixos-vps:machines.devserver.ssh.port",
    "nixos-vps:machines.Upper_Case",
  ]) {
    expect(failure).toContain(path);
  }
  expect(failure).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(world.events.requestsSince(0)).toEqual([]);
});

test("an address that is not Hetzner's API is said in words", async () => {
  const refused = world.stack.run(["up", "--yes", "--skip-preview"], { HCLOUD_ENDPOINT: world.cloud.url.replace("/v1", "/nothing") });

  await expect(refused).rejects.toThrow(/is not Hetzner's API.*Nothing was changed/s);
});
