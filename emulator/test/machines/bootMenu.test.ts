import { asRoot, containing, rig, type Rig } from "./support";
import { anywhere, built, installed } from "./installed";
import { evaluator, system } from "./systems";

asRoot("what a NixOS machine boots", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator, latencies: { reboot: 30 } });
  });
  afterEach(() => it.close());

  const current = () => it.on(1, "readlink -f /run/current-system");
  /** A generation that the boot menu shows and that is not the default. */
  const offer = async (old: string, change: Parameters<typeof built>[2]): Promise<string> => {
    const offered = await built(it, 1, change);
    await it.on(1, `nix-env -p /nix/var/nix/profiles/system --set ${offered} && ${old}/bin/switch-to-configuration boot`);
    return offered;
  };
  const reboot = async (command: string, into: RegExp): Promise<void> => {
    const since = it.journal.entries.length;
    await it.ssh(1, command);
    await it.until(into, since);
  };

  test("grub-reboot boots an entry once, and what boots after that is the default again", async () => {
    await installed(it, 1);
    const old = await current();
    const changed = await offer(old, { kernelParams: ["console=tty0", "panic=10"] });

    await it.on(1, "grub-reboot '1>0' && grub-editenv - list");
    await reboot("systemctl reboot", /^boot nixos/);
    expect(await current()).toBe(changed);
    expect(await it.on(1, "cat /proc/cmdline; grub-editenv - list")).toContain("panic=10");

    await reboot("systemctl reboot", /^boot nixos/);
    expect(await current()).toBe(old);
  });

  test("an entry is found by its title below the submenu, and one that is not there is the default", async () => {
    await installed(it, 1);
    const old = await current();
    const changed = await offer(old, { etc: { greeting: "hello\n" } });
    const title = await it.on(1, `sed -n 's/.*menuentry "\\(.*Configuration 2 .*\\)" .*/\\1/p' /boot/grub/grub.cfg`);
    expect(title).toMatch(/^NixOS - Configuration 2 \(\d{4}-\d\d-\d\d - /);

    await it.on(1, `grub-reboot 'NixOS - All configurations>${title}'`);
    await reboot("reboot", /^boot nixos/);
    expect(await current()).toBe(changed);

    await it.on(1, "grub-reboot 'NixOS - All configurations>another'");
    await reboot("reboot", /^boot nixos/);
    expect(await current()).toBe(old);
  });

  test("a kernel that panics comes back by itself with the default entry when it was to be booted once", async () => {
    await installed(it, 1);
    const old = await current();
    const broken = await offer(old, { panics: true, kernelParams: ["panic=60"] });

    const from = it.clock.now();
    await it.on(1, "grub-reboot '1>0'");
    await reboot("reboot", /^boot nixos/);

    expect(it.journal.entries.map(({ text }) => text)).toContainEqual(
      `boot panic: the kernel of ${broken} panicked before its first process ran`,
    );
    expect(await current()).toBe(old);
    // The way down and up, the panic, and up again.
    expect(it.clock.now() - from).toBeGreaterThanOrEqual((30 + 60 + 30) * 1000);
  });

  test("a kernel that panics without panic= stands still until it is reset", async () => {
    await installed(it, 1);
    const old = await current();
    await offer(old, { panics: true });

    await it.on(1, "grub-reboot '1>0'");
    await reboot("reboot", /^boot panic/);
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });
    expect(it.host.powerState(1)).toBe("running");

    const since = it.journal.entries.length;
    await it.host.reset(1);
    await it.until(/^boot nixos/, since);
    expect(await current()).toBe(old);
  });

  test("an initrd that gives up panics too when it was told to, and only then starts the machine again", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await installed(it, 1, { volumeId: 7, change: { kernelParams: ["panic=5", "boot.panic_on_fail"] } });
    await it.ssh(1, "poweroff");
    await it.until("power off (clean)");
    await it.host.detachVolume(1, 7);

    await it.host.powerOn(1);
    await it.until(/^boot panic: \/home could not be mounted/);
    // As long as nobody attaches it, it starts again and again.
    await it.host.attachVolume(1, 7);
    await it.until(/^boot nixos/, it.journal.entries.length);
  });

  test("systemd-boot boots an entry once that it knows, and refuses one that it does not", async () => {
    await it.server(1, { architecture: "arm" });
    const description = system({ serverId: 1, keys: [it.publicKey], change: { system: "aarch64-linux" } });
    await anywhere(it, 1, "kexec,disko,install,reboot", description, "--copy-host-keys");
    await it.until(/^boot nixos/);
    const old = await current();
    const changed = await offer(old, { system: "aarch64-linux", etc: { greeting: "hello\n" } });

    expect(await it.ssh(1, "systemctl reboot --boot-loader-entry=nixos-generation-9.conf")).toMatchObject({ code: 1 });
    await reboot("systemctl reboot --boot-loader-entry=nixos-generation-2.conf", /^boot nixos/);
    expect(await current()).toBe(changed);
    await reboot("reboot", /^boot nixos/);
    expect(await current()).toBe(old);
  });

  test("a system that asks for GRUB has it on UEFI too", async () => {
    await it.server(1, { architecture: "arm" });
    const change = { system: "aarch64-linux", bootLoader: "grub" } as const;
    await anywhere(it, 1, "kexec,disko,install,reboot", system({ serverId: 1, keys: [it.publicKey], change }), "--copy-host-keys");
    await it.until(/^boot nixos/);

    expect(await it.on(1, "ls /boot")).toBe("grub\nkernels");
  });
});
