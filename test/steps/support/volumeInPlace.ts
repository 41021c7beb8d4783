// A machine with one device in a volume's place, whatever that device is, and our scripts run on it.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "./devices";
import { NamespaceMachine, type OsRelease, type Outcome } from "./namespaceMachine";

/** systemd's part of a mount: check, then mount. In front of the real one, which has nothing to say in a test. */
const SYSTEMCTL = `#!/bin/sh
case $1 in
is-active) mountpoint -q /srv/data ;;
start) [ "$2" = default.target ] || { e2fsck -p "$VOLUME" >/dev/null 2>&1 || [ $? -lt 4 ]; } && { [ "$2" = default.target ] || mount -t ext4 -o noatime,nodev "$VOLUME" /srv/data; } ;;
show) echo exit-code ;;
esac
`;
const ESCAPE = "#!/bin/sh\necho srv-data.mount\n";

export class VolumeInPlace {
  private constructor(
    readonly machine: NamespaceMachine,
    /** What the volume is made of, as are all other files here. */
    private readonly folder: string,
    /** The link by which a volume is known, which goes when it goes. */
    readonly device: string,
    /** The device itself. */
    readonly node: string,
  ) {}

  /** @param folder an empty one */
  static async start(folder: string, os: OsRelease, kind: Pick<Kind, "make" | "then" | "readOnly">): Promise<VolumeInPlace> {
    const machine = await NamespaceMachine.start(folder, os);
    const node = await machine.disk("volume", kind.make, kind);
    const device = join(folder, "scsi-0HC_Volume_17");
    symlinkSync(node, device);
    const place = new VolumeInPlace(machine, folder, device, node);
    place.program("systemctl", SYSTEMCTL);
    place.program("systemd-escape", ESCAPE);
    if (kind.then) machine.sh(`set -- ${node}; ${kind.then}`);
    return place;
  }

  /** Puts a program in front of the computer's own. */
  program(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
    chmodSync(join(this.folder, name), 0o755);
  }

  /** The environment of a script on a system that mounts the volume there, and nothing else. */
  installedWith(mountPoint: string): { SYSTEM: string } {
    mkdirSync(join(this.folder, "etc"));
    writeFileSync(join(this.folder, "etc", "fstab"), `${this.device} ${mountPoint} ext4 noatime,nofail 0 2\n`);
    return { SYSTEM: this.folder };
  }

  /** An empty note, which lies there. */
  note(name: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, "");
    return path;
  }

  /** After the program has run for the `count`th time the volume is gone as a detached one is: no link, no device, no data. */
  vanishesAfter(program: string, count = 1): void {
    const runs = join(this.folder, "runs");
    this.program(
      program,
      `#!/bin/sh
PATH=\${PATH#*:} ${program} "$@"
code=$?
echo >>${runs}
[ "$(wc -l <${runs})" -ne ${count.toString()} ] || { rm -f ${this.device}; truncate -s 0 ${join(this.folder, "volume")}; losetup --set-capacity ${this.node}; }
exit $code
`,
    );
  }

  /** Whether `vanishesAfter` came to pass. */
  get hasVanished(): boolean {
    return readFileSync(join(this.folder, "volume")).length === 0;
  }

  script(
    name: string,
    args: string[],
    { payload = "", env = {} }: { payload?: string | Buffer; env?: Record<string, string> } = {},
  ): Promise<Outcome> {
    return this.machine.script(name, args, {
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
      env: { PATH: `${this.folder}:${process.env.PATH ?? ""}`, VOLUME: this.device, KEYS: join(this.folder, "keys"), ...env },
    });
  }

  /** Files that hold a passphrase of the machine. */
  keys(): string[] {
    const keys = join(this.folder, "keys");
    return existsSync(keys) ? readdirSync(keys) : [];
  }

  /** Of every byte of it. */
  digest(): string {
    return createHash("sha256")
      .update(readFileSync(join(this.folder, "volume")))
      .digest("hex");
  }

  /** UUID and type. */
  identity(): string {
    return this.machine.sh(`blkid -p -o value -s UUID ${this.device} || true; blkid -p -o value -s TYPE ${this.device} || true`);
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}
