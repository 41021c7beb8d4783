// The four phases, with the effects on the target that the real ones have, in their order (nixos-deployment.md §1.2, §1.4).
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Built, Store } from "../../src/machines/store/store";
import type { SystemDescription } from "../../src/machines/system";
import { Abort, type Arguments } from "./arguments";
import { RemoteFailure, type Remote } from "./remote";

const execute = promisify(execFile);

export interface Facts {
  isInstaller: boolean;
  arch: string;
}

const GET_FACTS = `
has() { command -v "$1" >/dev/null && echo y || echo n; }
echo "isOs=$(uname)"
echo "arch=$(uname -m)"
echo "isInstaller=$(grep -q '^VARIANT_ID="\\?installer' /etc/os-release && echo y || echo n)"
echo "isRoot=$(test "$(id -u)" = 0 && echo y || echo n)"
echo "hasTar=$(has tar)"
echo "hasSetsid=$(has setsid)"
`;

/** @throws Abort when nothing can be installed on the target */
export async function importFacts(remote: Remote): Promise<Facts> {
  const answer = await remote.must("gathering facts", "sh -s", GET_FACTS);
  const facts = Object.fromEntries(answer.split("\n").map((line) => line.split("=") as [string, string]));
  if (facts.isOs !== "Linux") throw new Abort("This script requires Linux as the operating system, but got something else");
  if (facts.hasTar !== "y") throw new Abort("no tar command found, but required to unpack kexec tarball");
  if (facts.hasSetsid !== "y") throw new Abort("no setsid command found, but required to run kexec");
  if (facts.isRoot !== "y") throw new Abort("becoming root by sudo or doas is not emulated; give root@HOST");
  return { isInstaller: facts.isInstaller === "y", arch: facts.arch ?? "" };
}

/** Leaves the running system for the installer, unless it is one. */
export async function kexec(remote: Remote, args: Arguments, facts: Facts): Promise<void> {
  // The real one returns here before it changes to the other port.
  if (facts.isInstaller && !args.forceKexec) return;
  if (!["x86_64", "aarch64"].includes(facts.arch))
    throw new Abort(`Unsupported architecture: ${facts.arch}. Our default kexec images only support x86_64 and aarch64 cpus.`);
  await remote.must("uploading the installer", "rm -rf ~/kexec && mkdir -p ~/kexec && tar -C ~/kexec -xf -", await installerImage(args));
  const bootId = await remote.bootId();
  const log = await remote.must("kexec", "setsid --wait ~/kexec/kexec/run");
  process.stderr.write(log);
  if (!log.includes("machine will boot into nixos"))
    throw new Abort("Kexec may have failed: its log does not say that the machine will boot into nixos");
  process.stderr.write("### Waiting for the machine to become unreachable due to kexec ###\n");
  await remote.untilGone(bootId);
  remote.become(args.postKexecPort);
  process.stderr.write("### Waiting for the machine to become reachable again ###\n");
  await remote.untilReachable();
  if (!(await importFacts(remote)).isInstaller) throw new Abort("Failed to kexec into NixOS installer");
}

/** A custom image of one's own, or the emulator's: `kexec/run` and a kernel that is never run. */
async function installerImage(args: Arguments): Promise<Buffer> {
  if (args.kexec !== undefined && !/^https?:/.test(args.kexec)) return readFile(args.kexec);
  if (args.kexec !== undefined) process.stderr.write(`### ${args.kexec} is not fetched: the emulated installer takes its place ###\n`);
  const { stdout } = await execute("tar", ["-C", join(__dirname, ".."), "-cf", "-", "kexec"], { encoding: "buffer", maxBuffer: 1 << 26 });
  return stdout;
}

/** Partitions what the description names, whatever system runs there. */
export async function disko(remote: Remote, args: Arguments, { disko: disk }: SystemDescription): Promise<void> {
  for (const { remote: path, local } of args.diskEncryptionKeys) {
    await remote.must(
      "uploading an encryption key",
      `umask 077; mkdir -p "$(dirname ${quote(path)})"; cat >${quote(path)}`,
      await readFile(local),
    );
  }
  process.stderr.write("### Formatting hard drive with disko ###\n");
  await remote.must("disko", `/.emulator/bin/emulator-disko ${args.diskoMode} ${quote(disk.device)} ${disk.rootFileSystem}`);
}

/** Copies the closure to /mnt, then files of one's own, then runs nixos-install. */
export async function install(remote: Remote, args: Arguments, store: Store, built: Built): Promise<void> {
  process.stderr.write("### Uploading the system closure ###\n");
  const names = built.closure.map((name) => `${name}\n`).join("");
  const missing = (await remote.must("asking for valid paths", "/.emulator/bin/emulator-store missing /mnt", names))
    .split("\n")
    .filter(Boolean);
  if (missing.length > 0) await remote.must("copying the system", "/.emulator/bin/emulator-store receive /mnt", await store.pack(missing));
  if (args.extraFiles !== undefined) {
    process.stderr.write("### Copying extra files ###\n");
    const { stdout } = await execute("tar", ["-C", args.extraFiles, "-cpf", "-", "."], { encoding: "buffer", maxBuffer: 1 << 28 });
    await remote.must("copying extra files", "tar -C /mnt -xf - --no-same-owner && chmod 755 /mnt", stdout);
  }
  for (const { path, owner } of args.chown) await remote.must("chown", `chown -R ${quote(owner)} ${quote(`/mnt/${path}`)}`);
  process.stderr.write("### Installing NixOS ###\n");
  await remote.must("preparing the installation", "mkdir -m 777 -p /mnt/tmp");
  if (args.copyHostKeys) await remote.must("copying host keys", COPY_HOST_KEYS);
  await remote.must("nixos-install", `nixos-install --no-root-passwd --no-channel-copy --system ${quote(built.path)}`);
}

const COPY_HOST_KEYS =
  "mkdir -m 755 -p /mnt/etc/ssh; for p in /etc/ssh/ssh_host_*; do " + '[ ! -e "$p" ] || [ -e "/mnt$p" ] || cp -p "$p" "/mnt$p"; done';

/** Returns when the target is no longer reached; it does not wait for the new system. */
export async function reboot(remote: Remote): Promise<void> {
  process.stderr.write("### Rebooting ###\n");
  const bootId = await remote.bootId();
  const { code } = await remote.run("nohup sh -c 'sleep 6 && reboot' >/dev/null 2>&1 </dev/null &");
  if (code !== 0) throw new RemoteFailure(code, "reboot");
  process.stderr.write("### Waiting for the machine to become unreachable due to reboot ###\n");
  await remote.untilGone(bootId);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
