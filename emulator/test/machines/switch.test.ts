import { asRoot, containing, rig, type Rig } from "./support";
import { built, installed } from "./installed";
import { evaluator, system } from "./systems";

asRoot("changing a NixOS machine", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  const current = () => it.on(1, "readlink -f /run/current-system");

  const build = (change: Parameters<typeof built>[2]) => built(it, 1, change);

  test("test activates without touching what boots: a reboot brings the old system back", async () => {
    await installed(it, 1);
    const old = await current();
    const changed = await build({ etc: { greeting: "hello\n" } });
    expect(changed).not.toBe(old);

    await it.on(1, `${changed}/bin/switch-to-configuration test`);
    expect(await it.on(1, "cat /etc/greeting; readlink -f /run/current-system /run/booted-system")).toBe(`hello\n${changed}\n${old}`);

    const since = it.journal.entries.length;
    await it.ssh(1, "reboot");
    await it.until(/^boot nixos/, since);
    expect(await it.on(1, "ls /etc/greeting 2>&1; readlink -f /run/current-system")).toBe(
      `ls: cannot access '/etc/greeting': No such file or directory\n${old}`,
    );
  });

  test("switch activates, makes a generation and boots; --rollback goes back", async () => {
    await installed(it, 1);
    const old = await current();

    const changed = await build({ etc: { greeting: "hello\n" } });
    await it.on(1, "nixos-rebuild switch --flake /etc/nixos#devserver");

    expect(await it.on(1, "nix-env -p /nix/var/nix/profiles/system --list-generations | awk '{ print $1, $4 }'")).toBe("1 \n2 (current)");
    const since = it.journal.entries.length;
    await it.ssh(1, "systemctl reboot");
    await it.until(/^boot nixos/, since);
    expect(await current()).toBe(changed);
    await it.on(1, "nixos-rebuild switch --rollback");
    expect(await current()).toBe(old);
  });

  test("a unit that fails to start is exit code 4 and a failed unit, and everything else is changed", async () => {
    await installed(it, 1);
    const unit = { ports: [8080], requiresMountsFor: [], fails: false };
    const changed = await build({
      units: { "good.service": unit, "bad.service": { ...unit, ports: [], fails: true } },
      etc: { greeting: "hello\n" },
    });

    expect(await it.ssh(1, `${changed}/bin/switch-to-configuration test`)).toMatchObject({
      code: 4,
      stderr: containing("the following units failed: bad.service"),
    });

    expect(
      await it.on(
        1,
        "systemctl list-units --failed --plain --no-legend --no-pager | cut -d ' ' -f 1; systemctl is-active good.service; cat /etc/greeting; systemctl is-system-running || :",
      ),
    ).toBe("bad.service\nactive\nhello\ndegraded");
    await it.on(1, "systemctl reset-failed");
    expect(await it.on(1, "systemctl is-system-running")).toBe("running");
  });

  test("what has failed in a system is forgotten with it, a mount as well as a service", async () => {
    await installed(it, 1);
    const old = await current();
    const missing = { device: "/dev/disk/by-id/none", fsType: "ext4", neededForBoot: false, depends: [] };
    const changed = await build({
      units: { "bad.service": { ports: [], requiresMountsFor: [], fails: true } },
      fileSystems: { "/srv": { ...missing, options: ["nofail", "x-systemd.device-timeout=1s"] } },
    });
    const failed = () => it.on(1, "systemctl list-units --failed --plain --no-legend --no-pager | cut -d ' ' -f 1");

    expect(await it.ssh(1, `${changed}/bin/switch-to-configuration test`)).toMatchObject({ code: 4 });
    expect((await failed()).split("\n").sort()).toEqual(["bad.service", "srv.mount"]);

    await it.on(1, `${old}/bin/switch-to-configuration test`);
    expect(await failed()).toBe("");
  });

  test("a member of wheel is root by sudo, and nobody else is", async () => {
    const user = { home: "/home/bob", wheel: false, authorizedKeys: [it.publicKey], uid: 1001, gid: 100 };
    const { users } = system({ serverId: 1, keys: [it.publicKey] });
    await installed(it, 1, { change: { users: { ...users, bob: user } } });

    const tee = await it.ssh(1, "sudo -n tee /root/written && sudo id -un", { user: "alice", input: "by alice\n" });

    expect(tee).toMatchObject({ code: 0, stdout: "by alice\nroot\n" });
    expect(await it.on(1, "stat -c %U /root/written")).toBe("root");
    expect(await it.ssh(1, "sudo id -un", { user: "bob" })).toMatchObject({
      code: 1,
      stderr: containing("bob is not in the sudoers file"),
    });
    expect((await it.ssh(1, "cat /root/written", { user: "bob" })).stderr).toContain("Permission denied");
  });

  test("a unit runs its script when what wants it is there, and fails with it; programs are found; what is masked does not start", async () => {
    const unit = { ports: [], requiresMountsFor: [], fails: false };
    await installed(it, 1);
    const changed = await build({
      units: {
        "once.service": { ...unit, script: "echo done >/root/once\n" },
        "broken.service": { ...unit, script: "echo because >&2; exit 3\n" },
        "late.service": { ...unit, script: "echo late >/root/late\n", wantedBy: ["data.mount"] },
      },
      programs: { "is-well": "#!/bin/sh\necho well\n" },
      fileSystems: { "/data": { device: "/root", fsType: "none", options: ["bind", "noauto"], neededForBoot: false, depends: [] } },
    });

    expect(await it.ssh(1, `${changed}/bin/switch-to-configuration test`)).toMatchObject({
      code: 4,
      stderr: containing("failed: broken.service"),
    });

    expect(await it.on(1, "cat /root/once; systemctl is-active once.service; journalctl -u broken | head -n 1")).toBe(
      "done\nactive\nbecause",
    );
    expect(await it.on(1, "systemctl start data.mount; cat /root/late")).toBe("late");
    expect(await it.on(1, "is-well")).toBe("well");

    // What is masked is stopped like anything else, and started by nobody until it is unmasked.
    await it.on(
      1,
      "systemctl stop data.mount; systemctl mask --runtime data.mount late.service; rm /root/late; systemctl stop late.service",
    );
    expect(await it.ssh(1, "systemctl start data.mount")).toMatchObject({ code: 1, stderr: containing("Unit data.mount is masked") });
    expect(
      await it.on(1, "mountpoint -q /data || systemctl show -p LoadState --value data.mount; systemctl is-enabled data.mount || :"),
    ).toBe("masked\nmasked-runtime");
    expect(
      await it.on(1, "systemctl unmask --runtime data.mount; systemctl start data.mount; ls /root/late 2>&1 || mountpoint /data"),
    ).toMatch(/cannot access.*\n\/data is a mountpoint/);
    expect(await it.ssh(1, "systemctl mask data.mount")).toMatchObject({ code: 1, stderr: containing("is not emulated") });
  });

  test("a timer fires when its time has come and not because nobody is looking, and a stopped one never does", async () => {
    await installed(it, 1);
    await it.on(
      1,
      "systemd-run --quiet --unit=later --on-active=300 --timer-property=AccuracySec=1s -- /bin/sh -c 'echo fired >/root/later'",
    );
    await it.on(1, "systemd-run --unit=never --on-active=200 -- /bin/sh -c 'echo fired >/root/never'");
    expect(await it.ssh(1, "systemd-run --unit=later --on-active=300 -- /bin/true")).toMatchObject({
      code: 1,
      stderr: containing("already loaded"),
    });
    expect(await it.on(1, "systemctl is-active later.timer")).toBe("active");
    await it.on(1, "systemctl stop never.timer");

    await it.clock.advance(299_000);
    expect((await it.ssh(1, "cat /root/later")).code).toBe(1);
    await it.clock.advance(1_000);
    await it.until("timer later fires");
    expect(it.journal.entries.map((entry) => entry.text)).not.toContain("timer never fires");

    expect(
      await it.on(
        1,
        "while [ -e /run/systemd/transient/later.service ]; do sleep 0.1; done; cat /root/later; ls /root/never 2>&1; systemctl is-active later.timer || :",
      ),
    ).toBe("fired\nls: cannot access '/root/never': No such file or directory\ninactive");
  });

  test("sshd moves to another port and keeps sessions; a machine without its host key makes a new one", async () => {
    await installed(it, 1);
    const changed = await build({ openssh: { ports: [2222], hostKeys: ["/etc/ssh/ssh_host_ed25519_key"] } });

    await it.on(1, `${changed}/bin/switch-to-configuration test`);

    expect((await it.ssh(1, "true")).stderr).toContain("Connection refused");
    expect(await it.ssh(1, "hostname", { args: ["-p", "2222"] })).toMatchObject({ code: 0, stdout: "devserver\n" });
  });

  test("garbage is what neither a generation nor the running system needs", async () => {
    await installed(it, 1);
    const old = await current();
    const changed = await build({ closure: ["glibc-2.43"] });
    await it.on(1, "rm -f /tmp/result; nix-store --gc");
    expect(await it.on(1, `ls -d ${old}; ls -d ${changed} 2>&1 || :`)).toBe(
      `${old}\nls: cannot access '${changed}': No such file or directory`,
    );
  });

  test("a flag that the real programs do not know is refused", async () => {
    await installed(it, 1);
    expect(await it.ssh(1, "nixos-rebuild switch --flaek /etc/nixos")).toMatchObject({
      code: 2,
      stderr: containing("unrecognized arguments: --flaek"),
    });
    expect(await it.ssh(1, "nixos-install --bogus")).toMatchObject({ code: 1 });
    expect(await it.ssh(1, "systemctl --bogus")).toMatchObject({ code: 1 });
    expect(await it.ssh(1, "systemd-run --bogus true")).toMatchObject({ code: 1 });
    await build({});
    expect(await it.ssh(1, "nixos-rebuild build --flake /etc/nixos#nothing")).toMatchObject({
      code: 1,
      stderr: containing("does not provide attribute nothing"),
    });
  });
});
