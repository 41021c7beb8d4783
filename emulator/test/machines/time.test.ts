import { realistic } from "../../src/latencies";
import { anywhere, installed, mountVolume } from "./installed";
import { asRoot, rig, type Rig } from "./support";
import { evaluator, system } from "./systems";

asRoot("virtual time on machines", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator, latencies: { ...realistic, sshRoundTrip: 0 } });
  });
  afterEach(() => it.close());

  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const from = it.clock.now();
    await work();
    return Math.round((it.clock.now() - from) / 1000);
  };

  test("boot, installer, disko, closure, boot loader and reboot take the time of their profile, and real work takes none", async () => {
    await it.host.createVolume(7, 10, "ext4");
    const description = system({ serverId: 1, volumeId: 7, keys: [it.publicKey] });

    expect(await seconds(() => it.server(1))).toBe(realistic.firstBoot);
    await it.host.attachVolume(1, 7);
    // 6 s until the real installer's `kexec -e`.
    expect(await seconds(() => anywhere(it, 1, "kexec,disko", description))).toBe(6 + realistic.kexec + realistic.disko);
    await mountVolume(it, 1, 7);
    expect(await seconds(() => anywhere(it, 1, "install", description, "--copy-host-keys"))).toBe(
      realistic.closureEmpty + realistic.bootloader,
    );
    expect(await seconds(() => anywhere(it, 1, "install", description))).toBe(realistic.bootloader);
    const since = it.journal.entries.length;
    expect(
      await seconds(async () => {
        await it.ssh(1, "reboot");
        await it.until(/^boot nixos/, since);
      }),
    ).toBe(realistic.reboot);
  });

  test("a build costs only what is not there, a switch always the same, and a clean power-off its time", async () => {
    await installed(it, 1);
    const changed = JSON.stringify(system({ serverId: 1, keys: [it.publicKey], change: { etc: { motd: "changed\n" } } }));
    await it.ssh(1, "mkdir -p /etc/nixos && touch /etc/nixos/flake.nix && cat >/etc/nixos/devserver.json", { input: changed });

    expect(await seconds(() => it.on(1, "nixos-rebuild build --flake /etc/nixos#devserver"))).toBe(realistic.closureChanged);
    expect(await seconds(() => it.on(1, "nixos-rebuild build --flake /etc/nixos#devserver"))).toBe(0);
    expect(await seconds(() => it.on(1, "result/bin/switch-to-configuration test"))).toBe(realistic.switch);
    expect(await seconds(() => it.on(1, "systemd-run --quiet --wait --unit=nap -- /bin/sh -c 'sleep 1h'"))).toBe(3600);
    expect(
      await seconds(async () => {
        await it.ssh(1, "systemctl poweroff");
        await it.until("power off (clean)");
      }),
    ).toBe(realistic.cleanPowerOff);
  });

  test("what is unserved is counted from the shutdown to the end of the boot", async () => {
    await installed(it, 1);
    const from = it.clock.now();
    const since = it.journal.entries.length;
    await it.host.reboot(1);
    await it.until(/^boot nixos/, since);

    expect(it.host.served.unserved("devserver", from, it.clock.now())).toBe(realistic.reboot * 1000);
    expect(it.host.served.unserved("somebody-else", from, it.clock.now())).toBe(realistic.reboot * 1000);
    expect(it.host.served.unserved("devserver", it.clock.now(), it.clock.now())).toBe(0);
  });
});
