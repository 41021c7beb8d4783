// All that a machine says over ssh: which ports its sshd listens on with which host keys, who may log in, what a session does.
import type { Machine } from "./machine";
import { type Begun, pause } from "./activity";
import { type Login, SshServer } from "./sshServer";
import { serveSession } from "./sshSession";

export class Sshds {
  private readonly byPort = new Map<number, SshServer>();
  /** No longer listening, but with sessions that live on. */
  private readonly former = new Set<SshServer>();

  constructor(private readonly machine: Machine) {}

  /**
   * (Re)starts sshd with what the machine's files say now. Sessions live on.
   *
   * @returns what sshd complains about when it cannot start; it does not listen then
   */
  async reload(): Promise<string | undefined> {
    const { machine } = this;
    const result = await machine.namespace?.run(["/.emulator/bin/emulator-sshd"]);
    await this.stopListening();
    if (result?.code !== 0) {
      const why = result?.stderr.trim() ?? "the machine is off";
      machine.note(`sshd failed: ${why}`);
      return why;
    }
    const lines = result.stdout.split("\n").map((line) => line.split("\t"));
    const values = (what: string): string[] => lines.filter(([key]) => key === what).map(([, value = ""]) => value);
    const hostKeys = values("key").map((key) => Buffer.from(key, "base64").toString());
    for (const port of values("port").map(Number)) {
      const server = await SshServer.listen(hostKeys, port, {
        lookUp: (user) => this.lookUp(user),
        connected: (login) => this.connected(login, port),
        session: (login, session) => serveSession(this, login, session),
      });
      this.byPort.set(port, server);
      await machine.world.addresses.listen(machine.addressList, port, server.loopbackPort);
    }
    return undefined;
  }

  get listening(): number[] {
    return [...this.byPort.keys()];
  }

  /** sshd stops; sessions live on. */
  async stopListening(): Promise<void> {
    for (const [port, server] of this.byPort) {
      await this.machine.world.addresses.unlisten(this.machine.addressList, port);
      server.stopListening();
      this.former.add(server);
    }
    this.byPort.clear();
  }

  /** Cuts all connections; sshd goes on listening. */
  drop(): void {
    for (const server of [...this.byPort.values(), ...this.former]) server.drop();
    this.former.clear();
  }

  async close(): Promise<void> {
    await this.stopListening();
    this.drop();
  }

  namespace() {
    return this.machine.namespace;
  }

  path(): string {
    return this.machine.path;
  }

  async begin(login: Login, command: string | undefined): Promise<Begun> {
    const { world, id } = this.machine;
    // The words that say what is done, without those that may be private.
    const words = command?.trim().split(/\s+/).slice(0, 2).join(" ") ?? "(shell)";
    world.journal.add({ kind: "ssh", serverId: id, text: `${login.user}: ${words.slice(0, 80)}` });
    await pause(world.clock, world.latencies.sshRoundTrip);
    const begun = world.activities.begin();
    const end = (): void => {
      begun.end();
      // What a command has done to mounts and services shows now.
      this.machine.look().catch(() => undefined);
    };
    return { ...begun, end };
  }

  private async connected(login: Login, port: number): Promise<void> {
    const { world, id } = this.machine;
    world.journal.add({ kind: "ssh", serverId: id, text: `connect ${login.user}@${port}` });
    await pause(world.clock, world.latencies.sshRoundTrip);
  }

  private async lookUp(user: string): Promise<{ login: Login; keys: string[] } | undefined> {
    if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) return undefined;
    const result = await this.machine.world.clock.busy(async () => this.machine.namespace?.run(["/.emulator/bin/emulator-login", user]));
    if (result?.code !== 0) return undefined;
    const [account = "", ...keys] = result.stdout.split("\n");
    const [, , uid, gid, , home = "/", shell = "/bin/sh"] = account.split(":");
    return { login: { user, uid: Number(uid), gid: Number(gid), home, shell }, keys: keys.filter(Boolean) };
  }
}
