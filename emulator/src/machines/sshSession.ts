// What runs in an ssh session: the login shell with a command, or by itself, with the machine's own environment.
import { spawn, type ChildProcess } from "node:child_process";
import type { ServerChannel, Session } from "ssh2";
import type { Begun } from "./activity";
import type { Namespace } from "./namespace";
import type { Login } from "./sshServer";

export interface SessionHost {
  namespace(): Namespace | undefined;
  /** Search path of a login on the machine as it is now. */
  path(): string;
  /** Called as soon as a command is known; resolves when it may begin. */
  begin(login: Login, command: string | undefined): Promise<Begun>;
}

// Programs expect pipes where Node gives sockets: /dev/stdin and /dev/stdout cannot be opened on a socket.
// bash leaves its own ends of them open, which a background job would keep from ever closing.
// Without --norc it would take the socket for an rshd's and run the ~/.bashrc of whoever runs the emulator, in every session.
const WITH_PIPES =
  "exec < <(exec cat) > >(exec cat) 2> >(exec cat >&2); " +
  'for fd in /proc/self/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done; exec "$@"';
const IN_LOGIN_SHELL = 'cd "$HOME" 2>/dev/null || cd /; exec "$SHELL" -c "$1"';
const LOGIN_SHELL = 'cd "$HOME" 2>/dev/null || cd /; exec "$SHELL" -l';

const SIGNALS = new Set(["INT", "TERM", "HUP", "QUIT", "KILL", "USR1", "USR2", "ALRM", "PIPE", "ABRT"]);

export function serveSession(host: SessionHost, login: Login, session: Session): void {
  const env: Record<string, string> = {};
  let terminal: { term: string; rows: number; cols: number } | undefined;
  let child: ChildProcess | undefined;
  session.on("env", (accept, _reject, info) => {
    if (/^(LANG|LC_[A-Z]+)$/.test(info.key)) env[info.key] = info.val;
    agree(accept);
  });
  session.on("pty", (accept, _reject, info) => {
    terminal = { term: (info as { term?: string }).term ?? "xterm", rows: info.rows, cols: info.cols };
    agree(accept);
  });
  session.on("window-change", (accept) => agree(accept));
  session.on("signal", (accept, _reject, info) => {
    if (child?.pid && SIGNALS.has(info.name)) killGroup(child.pid, `SIG${info.name}` as NodeJS.Signals);
    agree(accept);
  });
  const start = (stream: ServerChannel, command: string | undefined): void => {
    run(host, login, { env, terminal, command }, stream, (started) => (child = started)).catch(() => stream.close());
  };
  session.on("exec", (accept, _reject, info) => start(accept(), info.command));
  session.on("shell", (accept) => start(accept(), undefined));
  session.on("error" as "end", () => undefined);
}

interface Wanted {
  env: Record<string, string>;
  terminal: { term: string; rows: number; cols: number } | undefined;
  command: string | undefined;
}

async function run(
  host: SessionHost,
  login: Login,
  wanted: Wanted,
  stream: ServerChannel,
  started: (child: ChildProcess) => void,
): Promise<void> {
  stream.on("error", () => undefined);
  const activity = await host.begin(login, wanted.command);
  const namespace = host.namespace();
  if (!namespace) {
    activity.closed();
    stream.close();
    return;
  }
  const env: Record<string, string> = {
    HOME: login.home,
    USER: login.user,
    LOGNAME: login.user,
    SHELL: login.shell,
    PATH: host.path(),
    ...wanted.env,
    ...(wanted.terminal ? { TERM: wanted.terminal.term } : {}),
    EMULATOR_SESSION: activity.name,
  };
  const shell = wanted.command === undefined ? ["/bin/sh", "-c", LOGIN_SHELL] : ["/bin/sh", "-c", IN_LOGIN_SHELL, "sh", wanted.command];
  const child = spawn("bash", ["--norc", "-c", WITH_PIPES, "bash", ...namespace.argv(onTerminal(shell, wanted), { user: login, env })], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true, // a process group of its own, for signals
  });
  started(child);
  child.stdin.on("error", () => undefined);
  child.stdout.on("error", () => undefined);
  child.stderr.on("error", () => undefined);
  stream.pipe(child.stdin);
  child.stdout.pipe(stream, { end: false });
  child.stderr.pipe(stream.stderr, { end: false });
  // The client has gone: the command's pipes break, as under an sshd.
  stream.on("close", () => {
    activity.closed();
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.on("error", () => {
    activity.end();
    stream.close();
  });
  child.on("exit", () => {
    activity.end();
    child.stdin.destroy();
  });
  child.on("close", (code, signal) => {
    if (stream.destroyed) return;
    if (signal) stream.exit(signal.replace(/^SIG/, ""), false, "");
    else stream.exit(code ?? 255);
    stream.end();
  });
}

/** A terminal of the machine's own, made by util-linux's `script`; it does not follow changes of the window's size. */
function onTerminal(shell: string[], { terminal }: Wanted): string[] {
  if (!terminal) return shell;
  const size = `stty rows ${terminal.rows || 24} cols ${terminal.cols || 80} 2>/dev/null; `;
  const [program = "", option = "", text = "", ...rest] = shell;
  const quoted = [program, option, size + text, ...rest].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return ["script", "-qec", quoted, "/dev/null"];
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** ssh2 gives nothing to call when the client wants no answer. */
function agree(accept: (() => unknown) | undefined): void {
  accept?.();
}
