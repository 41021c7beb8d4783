// A person's desk without a cloud: a project folder, a `pulumi` that keeps one state in a file, and an `ssh` that plays a machine. The `vps`
// that is run on it is the real program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { connectionDocument, newKeyPair, sampleFacts } from "../../steps/support/samples";

const CHECKOUT = join(__dirname, "..", "..", "..");
const tsx = createRequire(__filename).resolve("tsx");

export interface VpsRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Hash of what the program brought the machine to last. */
export const VERSION = "3b0c".padEnd(64, "0");

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), "vps-test-"));
  readonly deployKey: string;
  private readonly told: object;
  private readonly bin = join(this.folder, "bin");

  constructor() {
    const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };
    this.deployKey = keys.deploy.private;
    mkdirSync(this.bin);
    mkdirSync(this.path("machine"));
    writeFileSync(this.path("Pulumi.yaml"), "name: nixos-vps\nruntime: nodejs\n");
    this.told = { ...connectionDocument(keys), facts: sampleFacts(keys.deploy.public), flake: "nix" };
    this.writeState(this.resources());
    this.program(
      "pulumi",
      `case "$1 $2" in
"stack export")
  [ ! -e export-fails ] || { cat export-fails >&2; exit 255; }
  case "$*" in *--show-secrets*) cat state.json ;; *) sed 's/"plaintext":/"ciphertext":/g' state.json ;; esac
  for next in next-state-*; do [ ! -e "$next" ] || { mv "$next" state.json; break; }; done ;;
"stack import")
  [ ! -e import-fails ] || { exec <&-; cat import-fails >&2; exit 255; }
  echo import >>order
  if [ -e import-fails-next ]; then mv import-fails-next import-fails; fi
  cat >imported && sed 's/"ciphertext":/"plaintext":/g' imported >state.part && mv state.part state.json ;;
*) echo "no such command: $*" >&2; exit 1 ;;
esac`,
    );
    // The script that arrives says what it is in its first comment; a file of its name says what the machine answers.
    this.program(
      "ssh",
      `cat >script.$$
if [ -e listens ] && ! grep -qx " *Port $(cat listens)" "$3"; then
  rm script.$$
  echo "connect to host: Connection refused" >&2
  exit 255
fi
for answer in machine/*; do
  if grep -qF "$(head -n 1 "$answer")" script.$$; then
    echo "\${answer##*/}" >>order; echo "\${answer##*/} $5" >>commands; rm script.$$
    if [ "\${answer##*/}" = activate ] && [ -e listens-then ]; then mv listens-then listens; fi
    tail -n +2 "$answer"; exit 0
  fi
done
rm script.$$
echo "connect to host: Connection refused" >&2
exit 255`,
    );
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** What the machine answers to a remote script. */
  answers(script: string, lines: string[]): void {
    const words = readFileSync(join(CHECKOUT, "steps", "remote", `${script}.sh`), "utf8").split("\n")[1] ?? "";
    writeFileSync(this.path("machine", script), [words, ...lines, ""].join("\n"));
  }

  /** The machine takes ssh at this port alone, and at another one once a system was activated. By default at every one. */
  listens(port: number, then?: number): void {
    writeFileSync(this.path("listens"), `${port}\n`);
    if (then !== undefined) writeFileSync(this.path("listens-then"), `${then}\n`);
  }

  /** What the machine's last switch was told. */
  document(): object {
    return this.told;
  }

  /** Another program in ssh's place. */
  sshRuns(script: string): void {
    this.program("ssh", script);
  }

  /** Pulumi fails with these words at its next `stack export` or `stack import`, until told otherwise by none. */
  pulumiFails(at: "export" | "import", words: string | undefined): void {
    if (words === undefined) rmSync(this.path(`${at}-fails`), { force: true });
    else writeFileSync(this.path(`${at}-fails`), words);
  }

  /** Pulumi takes one `stack import`, and fails with these words at those after it. */
  importsOnce(words: string): void {
    writeFileSync(this.path("import-fails-next"), words);
  }

  writeState(resources: object[], deployment: object = {}): void {
    writeFileSync(this.path("state.json"), JSON.stringify(stateOf(resources, "t", deployment)));
  }

  /** The one machine, as its resources in the state. */
  resources(): object[] {
    return [machineResource("devserver"), stepResource("devserver", this.told, VERSION)];
  }

  /** Another operation writes the state after each of the next readings, and adds a resource each time. */
  isWrittenMeanwhile(times: number): void {
    const others = Array.from({ length: times }, (_, n) => machineResource(`other${n + 1}`));
    others.forEach((_, n) => {
      const state = stateOf([...this.resources(), ...others.slice(0, n + 1)], `t${n + 1}`);
      writeFileSync(this.path(`next-state-${n + 1}`), JSON.stringify(state));
    });
  }

  /** What the state records as the last switch's answer. */
  answer(): object {
    const step = this.state().deployment.resources.find(({ urn }) => urn.endsWith("-system"));
    return JSON.parse(step?.outputs?.stdout ?? "{}") as object;
  }

  state(): {
    deployment: {
      resources: { urn: string; inputs?: { environment?: Record<string, string>; stdin?: object }; outputs?: { stdout?: string } }[];
    };
  } {
    return JSON.parse(readFileSync(this.path("state.json"), "utf8")) as ReturnType<Desk["state"]>;
  }

  /** Reason that the state records for a machine's last switch. */
  version(): string | undefined {
    return this.state().deployment.resources.find(({ urn }) => urn.endsWith("-system"))?.inputs?.environment?.["NIXOS_VPS_SYSTEM"];
  }

  /** What was done to state and machine, in order. */
  order(): string[] {
    return existsSync(this.path("order")) ? readFileSync(this.path("order"), "utf8").trim().split("\n") : [];
  }

  /** Last word of the command that a remote script was called by. */
  lastArgument(script: string): string | undefined {
    const command = readFileSync(this.path("commands"), "utf8")
      .split("\n")
      .find((line) => line.startsWith(`${script} `));
    return command?.split(" ").pop()?.replaceAll("'", "");
  }

  async vps(...args: string[]): Promise<VpsRun> {
    const child = spawn(process.execPath, ["--import", tsx, join(CHECKOUT, "cli", "main.ts"), ...args], {
      cwd: this.folder,
      env: {
        PATH: [this.bin, process.env["PATH"] ?? ""].join(delimiter),
        HOME: this.folder,
        TMPDIR: this.folder,
        XDG_STATE_HOME: this.path("xdg"),
        NIXOS_VPS_LIMIT_FACTOR: "0.01",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: child.exitCode, stdout, stderr };
  }

  private program(name: string, script: string): void {
    const file = join(this.bin, name);
    writeFileSync(file, `#!/bin/sh\nset -eu\ncd '${this.folder}'\n${script}\n`);
    chmodSync(file, 0o755);
  }
}

function stateOf(resources: object[], time: string, deployment: object = {}): object {
  return { version: 3, deployment: { manifest: { time }, resources, ...deployment } };
}

function urnOf(type: string, name: string): string {
  return `urn:pulumi:test::nixos-vps::${type}::${name}`;
}

export function machineResource(name: string): object {
  return { urn: urnOf("nixos-vps:index:Machine", name), type: "nixos-vps:index:Machine" };
}

/** The `-system` step of a machine, as Pulumi keeps it: its document is a secret, its environment is not. */
export function stepResource(name: string, document: object, version: string): object {
  const environment = { NIXOS_VPS_SYSTEM: version };
  const stdin = { ...SECRET, plaintext: JSON.stringify(JSON.stringify(document)) };
  return {
    urn: urnOf("nixos-vps:index:Machine$command:local:Command", `${name}-system`),
    type: "command:local:Command",
    inputs: { create: "./steps/run switch", environment, stdin, triggers: [] },
    outputs: { create: "./steps/run switch", environment, stdin, stdout: JSON.stringify(answer(name)) },
  };
}

function answer(name: string): object {
  return { system: `/nix/store/6-${name}`, generation: 6, changed: true, rebooted: false, port: 22 };
}
