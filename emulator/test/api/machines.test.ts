// The API with machines behind it: what is ordered there happens to a machine, and what a machine does by itself is seen there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src";
import { asRoot, run } from "../machines/support";
import { Cloud, type ServerJson } from "./support/cloud";

asRoot("a cloud with machines", () => {
  let folder: string;
  let key: string;
  let emulator: Emulator;
  let cloud: Cloud;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hcloud-emulator-test-"));
    key = join(folder, "operator");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await start({ stateFile: join(folder, "state.json") });
    await cloud.do("POST", "/ssh_keys", { name: "operator", public_key: await readFile(`${key}.pub`, "utf8") });
  });
  afterEach(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(options: EmulatorOptions): Promise<void> {
    emulator = await startEmulator({ ...options, machines: true });
    cloud = new Cloud(emulator);
  }

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

  const mounted = (volume: number): string => `mkdir -p /mnt/data && mount /dev/disk/by-id/scsi-0HC_Volume_${volume} /mnt/data`;

  test("what is written to a volume is there on the next server", async () => {
    const volume = await cloud.newVolume("data", { location: "fsn1", format: "ext4" });
    const first = await newServer("first", { volumes: [volume.id] });
    await on(first, `${mounted(volume.id)} && echo kept > /mnt/data/file && umount /mnt/data`);
    await cloud.done("DELETE", `/servers/${first.id}`);

    const second = await newServer("second");
    await cloud.act(`/volumes/${volume.id}`, "attach", { server: second.id });

    expect(await on(second, `${mounted(volume.id)} && cat /mnt/data/file`)).toBe("kept");
    expect(emulator.journal.violations()).toEqual([]);
  });

  test("a machine that powers itself off is off in the API, and runs again after poweron", async () => {
    const server = await newServer("web");
    await on(server, "poweroff");
    while ((await cloud.server(server.id)).status !== "off");

    await cloud.act(`/servers/${server.id}`, "poweron");

    expect((await cloud.server(server.id)).status).toBe("running");
    expect(await on(server, "hostname")).toBe("web");
  });

  test("an ACPI shutdown is obeyed, and a change of type starts the machine again with its disk as it was", async () => {
    const server = await newServer("web");
    await on(server, "echo here > /root/file");
    await cloud.act(`/servers/${server.id}`, "shutdown");
    while ((await cloud.server(server.id)).status !== "off");

    await cloud.act(`/servers/${server.id}`, "change_type", { server_type: "cx33", upgrade_disk: false });

    expect(await on(server, "cat /root/file")).toBe("here");
  });

  test("detaching a volume that is mounted is done, and noted as a violation", async () => {
    const server = await newServer("web");
    const volume = await cloud.newVolume("data", { server: server.id, format: "ext4" });
    await on(server, mounted(volume.id));

    await cloud.act(`/volumes/${volume.id}`, "detach");

    expect(emulator.journal.violations()).toMatchObject([{ serverId: server.id }]);
  });

  test.each([
    ["running", "violation"],
    ["off", "nothing"],
  ])("deleting a server that is %s with a volume mounted leaves %s in the journal", async (state, noted) => {
    const server = await newServer("web");
    const volume = await cloud.newVolume("data", { server: server.id, format: "ext4" });
    await on(server, mounted(volume.id));
    if (state === "off") {
      await cloud.act(`/servers/${server.id}`, "shutdown");
      while ((await cloud.server(server.id)).status !== "off");
    }

    await cloud.done("DELETE", `/servers/${server.id}`);

    expect(emulator.journal.violations().map(({ kind }) => kind)).toEqual(noted === "nothing" ? [] : [noted]);
    expect((await cloud.volume(volume.id)).server).toBeNull();
  });

  test("after a restart from the state file machines boot again with their disks and volumes", async () => {
    const server = await newServer("web");
    const volume = await cloud.newVolume("data", { server: server.id, format: "ext4" });
    await on(server, `${mounted(volume.id)} && echo kept > /mnt/data/file && sync && echo root > /root/file`);
    await emulator.stop();

    await start({ stateFile: join(folder, "state.json") });

    expect((await cloud.server(server.id)).status).toBe("running");
    expect(await on(server, `cat /root/file && ${mounted(volume.id)} && cat /mnt/data/file`)).toBe("root\nkept");
  });

  test("a server that is deleted answers no more, and its name and address can be had again", async () => {
    const server = await newServer("web");
    await on(server, "true");
    await cloud.done("DELETE", `/servers/${server.id}`);

    const again = await newServer("web");

    expect(again.public_net.ipv4?.ip).toBe(server.public_net.ipv4?.ip);
    expect(await on(again, "test ! -e /root/file && hostname")).toBe("web");
  });

  test("the command ends well on SIGTERM with machines running, and takes everything it started along", async () => {
    const child = spawn(process.execPath, [join(__dirname, "../../bin/hcloud-emulator.js"), "--state", join(folder, "other.json")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const over = once(child, "exit");
    const [line] = (await Promise.race([once(child.stdout, "data"), over])) as [unknown];
    const url = String(line).split("\n")[0] ?? "";
    const order = { name: "web", server_type: "cx23", image: "debian-13" };
    await fetch(`${url}/servers`, { method: "POST", headers: { authorization: "Bearer any" }, body: JSON.stringify(order) });
    const status = async (): Promise<string | undefined> => {
      const reply = await fetch(`${url}/servers`, { headers: { authorization: "Bearer any" } });
      return ((await reply.json()) as { servers: ServerJson[] }).servers[0]?.status;
    };
    while ((await status()) !== "running");

    child.kill("SIGTERM");

    expect(await over).toEqual([0, null]);
    expect((await run("pgrep", ["-f", join(folder, "other.json.machines")])).stdout).toBe("");
    expect((await readFile("/proc/mounts", "utf8")).includes(folder)).toBe(false);
  });
});
