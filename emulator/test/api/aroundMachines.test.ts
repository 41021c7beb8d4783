// What is ordered by the API around a machine happens to it: firewalls, networks, snapshots, the rescue system, automount.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Emulator, startEmulator } from "../../src";
import { asRoot, run, testWithCards } from "../machines/support";
import { type ActionJson, Cloud, type ServerJson } from "./support/cloud";

asRoot("around the machines of a cloud", () => {
  let folder: string;
  let key: string;
  let emulator: Emulator;
  let cloud: Cloud;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hcloud-emulator-test-"));
    key = join(folder, "operator");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    emulator = await startEmulator();
    cloud = new Cloud(emulator);
    await cloud.do("POST", "/ssh_keys", { name: "operator", public_key: await readFile(`${key}.pub`, "utf8") });
  });
  afterEach(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const newServer = (name: string, more: object = {}): Promise<ServerJson> => cloud.newServer(name, { ssh_keys: ["operator"], ...more });

  /** Runs a command as soon as ssh answers. @returns what it prints, or undefined when the connection ended under it */
  async function on(server: ServerJson, command: string): Promise<string | undefined> {
    const options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR", "IdentitiesOnly=yes", "BatchMode=yes"];
    const address = `root@${server.public_net.ipv4?.ip ?? ""}`;
    for (let tries = 0; tries < 100; tries++) {
      const ran = await run("ssh", ["-F", emulator.sshConfig, "-i", key, ...options.flatMap((each) => ["-o", each]), address, command]);
      if (ran.code === 0) return ran.stdout.trim();
      if (!/timed out|refused/.test(ran.stderr)) return undefined;
    }
    throw new Error(`${server.name} does not answer ssh`);
  }

  /** One try, for what shall not answer. */
  async function answers(server: ServerJson): Promise<boolean> {
    const options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR", "IdentitiesOnly=yes", "BatchMode=yes"];
    const address = `root@${server.public_net.ipv4?.ip ?? ""}`;
    return (
      (await run("ssh", ["-F", emulator.sshConfig, "-i", key, ...options.flatMap((each) => ["-o", each]), address, "true"])).code === 0
    );
  }

  const rule = (port: string): object => ({ direction: "in", protocol: "tcp", port, source_ips: ["0.0.0.0/0", "::/0"] });

  test("a firewall lets through what its rules say, by name and by label, and no longer when it is gone", async () => {
    const server = await newServer("web", { labels: { role: "web" } });
    await on(server, "true");
    const { firewall } = await cloud.done<{ firewall: { id: number }; actions: ActionJson[] }>("POST", "/firewalls", {
      name: "web",
      rules: [rule("443")],
      apply_to: [{ type: "label_selector", label_selector: { selector: "role=web" } }],
    });
    expect(await answers(server)).toBe(false);
    await cloud.act(`/firewalls/${firewall.id}`, "set_rules", { rules: [rule("20-30")] });
    expect(await answers(server)).toBe(true);
    await cloud.act(`/firewalls/${firewall.id}`, "set_rules", { rules: [] });
    expect(await answers(server)).toBe(false);

    await cloud.do("PUT", `/servers/${server.id}`, { labels: {} });
    expect(await answers(server)).toBe(true);
    const apply = { apply_to: [{ type: "server", server: { id: server.id } }] };
    await cloud.act(`/firewalls/${firewall.id}`, "apply_to_resources", apply);
    expect(await answers(server)).toBe(false);
    await cloud.act(`/firewalls/${firewall.id}`, "remove_from_resources", { remove_from: apply.apply_to });
    expect(await answers(server)).toBe(true);

    const second = await newServer("second", { firewalls: [{ firewall: firewall.id }] });
    const booted = (): boolean => emulator.journal.entries.some(({ serverId, text }) => serverId === second.id && text.startsWith("boot "));
    while (!booted()) await sleep(20);
    expect(await answers(second)).toBe(false);
  });

  testWithCards("a network that is attached is seen on the machine, and one that is detached is not", async () => {
    const { network } = await cloud.do<{ network: { id: number } }>("POST", "/networks", {
      name: "backend",
      ip_range: "10.0.0.0/8",
      subnets: [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.1.0/24" }],
    });
    const server = await newServer("web", { networks: [network.id] });
    expect(await on(server, "ls /sys/class/net | tr '\\n' ' '")).toBe("enp7s0 eth0 lo");
    await cloud.act(`/servers/${server.id}`, "detach_from_network", { network: network.id });
    expect(await on(server, "ls /sys/class/net | tr '\\n' ' '")).toBe("eth0 lo");
    await cloud.act(`/servers/${server.id}`, "attach_to_network", { network: network.id, ip: "10.0.1.7" });
    expect(await on(server, "cat /.emulator/boot/networks")).toContain(" 10.0.1.7 10.0.0.0/8 10.0.0.1");
  });

  test("a snapshot outlives its server and becomes another; deleted, it leaves nothing", async () => {
    const server = await newServer("first");
    await on(server, "echo precious > /root/file");
    const { image } = await cloud.done<{ image: { id: number }; action: ActionJson }>(
      "POST",
      `/servers/${server.id}/actions/create_image`,
      {
        type: "snapshot",
      },
    );
    await cloud.done("DELETE", `/servers/${server.id}`);

    const second = await newServer("second", { image: image.id });
    expect(await on(second, "cat /root/file; hostname")).toBe("precious\nsecond");
    expect((await cloud.do<{ image: { image_size: number } }>("GET", `/images/${image.id}`)).image.image_size).toBeLessThan(1);
    await cloud.act(`/servers/${second.id}`, "rebuild", { image: "debian-13" });
    expect(await on(second, "ls /root")).toBe("");
    await cloud.act(`/servers/${second.id}`, "rebuild", { image: image.id });
    expect(await on(second, "cat /root/file")).toBe("precious");

    expect(await readdir(join(emulator.stateDir, "images"))).toEqual([String(image.id)]);
    await cloud.do("DELETE", `/images/${image.id}`);
    expect(await readdir(join(emulator.stateDir, "images"))).toEqual([]);
  });

  test("backups go with their server, from the disk too", async () => {
    const server = await newServer("first");
    await cloud.act(`/servers/${server.id}`, "enable_backup");
    await cloud.done("POST", `/servers/${server.id}/actions/create_image`, { type: "backup" });
    expect(await readdir(join(emulator.stateDir, "images"))).toHaveLength(1);
    await cloud.done("DELETE", `/servers/${server.id}`);
    expect(await readdir(join(emulator.stateDir, "images"))).toEqual([]);
  });

  test("the rescue system is for one boot, and the API knows when it is used up", async () => {
    const server = await newServer("web");
    await on(server, "true");
    const { ssh_keys } = await cloud.do<{ ssh_keys: { id: number }[] }>("GET", "/ssh_keys");
    await cloud.act(`/servers/${server.id}`, "enable_rescue", { ssh_keys: ssh_keys.map(({ id }) => id) });
    expect(await on(server, "hostname")).toBe("web");
    const rescue = async (): Promise<boolean> =>
      (await cloud.do<{ server: { rescue_enabled: boolean } }>("GET", `/servers/${server.id}`)).server.rescue_enabled;
    expect(await rescue()).toBe(true);

    await cloud.act(`/servers/${server.id}`, "reset");
    expect(await on(server, "hostname")).toBe("rescue");
    expect(await rescue()).toBe(false);
    await cloud.act(`/servers/${server.id}`, "reset");
    expect(await on(server, "hostname")).toBe("web");
  });

  test("a volume is mounted by itself where the API was asked for it", async () => {
    const server = await newServer("web");
    await on(server, "true");
    const volume = await cloud.newVolume("data", { server: server.id, automount: true, format: "ext4" });
    expect(await on(server, `findmnt -rno FSTYPE /mnt/HC_Volume_${volume.id}`)).toBe("ext4");
  });
});
