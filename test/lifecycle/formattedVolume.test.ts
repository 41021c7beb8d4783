// What the stack's own outputs know of a volume's content: every computer that has the stack expects it (docs/volumes.md).
import { HetznerConsole } from "./support/hetznerConsole";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 10, store: false } } } });
  await world.stack.up();
});
afterEach(() => world.end());

test("a volume that was formatted behind Pulumi's back is refused on a computer that never saw it, until a person says that it is to be so", async () => {
  const { serverId, volumeIds, fileSystems } = await outputsOf(world);
  const home = (volumeIds["home"] ?? 0).toString();
  const device = `/dev/disk/by-id/scsi-0HC_Volume_${home}`;
  await world.ssh("devserver", `cd / && sudo systemctl stop home.mount && sudo mkfs.ext4 -qF ${device}`);
  await new HetznerConsole(world).click("DELETE", `/servers/${serverId.toString()}`);
  const up = (env: Record<string, string> = {}): Promise<unknown> =>
    world.stack.run(["up", "--yes", "--skip-preview", "--refresh"], { XDG_STATE_HOME: world.project.folder, ...env });

  await expect(up()).rejects.toThrow(
    new RegExp(
      `on the file system ${fileSystems["home"] ?? "?"}, and now has another one.*NIXOS_VPS_TAKE_VOLUME_AS_IT_IS=${home} pulumi up`,
      "s",
    ),
  );

  await up({ NIXOS_VPS_TAKE_VOLUME_AS_IT_IS: home });
  expect(world.cloud.isServed("devserver")).toBe(true);
  expect((await outputsOf(world)).fileSystems["home"]).not.toBe(fileSystems["home"]);
  await world.stack.up("--expect-no-changes");
});
