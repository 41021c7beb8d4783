// One sshd of a machine: on a loopback port of its own, with the machine's host keys and the keys of the machine's users.
import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { type AuthContext, type Connection, type ParsedKey, Server, type Session, utils } from "ssh2";

export interface Login {
  user: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** The machine behind the server. */
export interface SshMachine {
  /** The user and the lines of authorized_keys as they are now; undefined for an unknown user. */
  lookUp(user: string): Promise<{ login: Login; keys: string[] } | undefined>;
  connected(login: Login, port: number): Promise<void>;
  /** Serves the channel's requests. */
  session(login: Login, session: Session): void;
}

export class SshServer {
  private readonly connections = new Set<Connection>();
  private readonly server: Server;

  private constructor(
    hostKeys: string[],
    /** Port on the machine, e.g. 22. */
    readonly port: number,
    private readonly machine: SshMachine,
  ) {
    this.server = new Server({ hostKeys, ident: "OpenSSH_10.0" }, (connection) => this.serve(connection));
  }

  /** @throws Error when a host key cannot be read */
  static async listen(hostKeys: string[], port: number, machine: SshMachine): Promise<SshServer> {
    const ssh = new SshServer(hostKeys, port, machine);
    ssh.server.listen(0, "127.0.0.1");
    await once(ssh.server, "listening");
    return ssh;
  }

  get loopbackPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts all connections and goes on listening. */
  drop(): void {
    for (const connection of this.connections) socketOf(connection).destroy();
    this.connections.clear();
  }

  /** No new connections; those that exist live on, as with an sshd that is restarted. */
  stopListening(): void {
    this.server.close();
  }

  private serve(connection: Connection): void {
    this.connections.add(connection);
    // As OpenSSH does: small answers must not wait for the client's delayed acknowledgement (40 ms each).
    socketOf(connection).setNoDelay(true);
    let login: Login | undefined;
    connection.on("error", () => undefined); // a client that went away; `close` follows
    connection.on("close", () => this.connections.delete(connection));
    connection.on("authentication", (context) => {
      this.authenticate(context).then(
        (who) => {
          login = who;
        },
        () => context.reject(),
      );
    });
    connection.on("ready", () => {
      if (!login) {
        socketOf(connection).destroy();
        return;
      }
      const who = login;
      const announced = this.machine.connected(who, this.port);
      connection.on("session", (accept) => {
        const session = accept();
        this.machine.session(who, session);
      });
      announced.catch(() => socketOf(connection).destroy());
    });
  }

  private async authenticate(context: AuthContext): Promise<Login | undefined> {
    if (context.method !== "publickey") {
      context.reject(["publickey"]);
      return undefined;
    }
    const found = await this.machine.lookUp(context.username);
    const key = found?.keys.map(parseLine).find((candidate) => candidate && same(candidate.getPublicSSH(), context.key.data));
    if (!found || !key || (context.signature && context.blob && !isSigned(key, context.blob, context.signature, context.hashAlgo))) {
      context.reject(["publickey"]);
      return undefined;
    }
    context.accept();
    return found.login;
  }
}

/** A line of authorized_keys, options in front or not. */
function parseLine(line: string): ReturnType<typeof single> {
  const match = /(?:^|\s)((?:ssh-|ecdsa-|sk-)\S+ \S+)/.exec(line.trim());
  return match?.[1] && !line.startsWith("#") ? single(match[1]) : undefined;
}

/** `verify` gives an Error where it cannot tell. */
function isSigned(key: ParsedKey, blob: Buffer, signature: Buffer, hashAlgorithm: string | undefined): boolean {
  const verified: unknown = key.verify(blob, signature, hashAlgorithm);
  return verified === true;
}

function single(text: string) {
  const parsed = utils.parseKey(text);
  return parsed instanceof Error ? undefined : parsed;
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** ssh2 says goodbye on `end()` and leaves the socket open; a machine that loses its network does neither. */
function socketOf(connection: Connection): { destroy: () => void; setNoDelay: (on: boolean) => void } {
  return (connection as unknown as { _sock: { destroy: () => void; setNoDelay: (on: boolean) => void } })._sock;
}
