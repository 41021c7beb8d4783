// A server's root disk as the cloud image leaves it: a Debian with the identity that cloud-init gives it.
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MachineSpec } from "../machineHost";
import { type FirstBoot, readUserData, shellQuote } from "./cloudInit";
import { machineFolder } from "./namespace";
import { exec } from "./process";

/**
 * Writes the disk anew.
 *
 * @returns warnings about the user data
 */
export async function writeImage(disk: string, spec: MachineSpec): Promise<string[]> {
  await rm(disk, { recursive: true, force: true });
  await mkdir(join(disk, "boot"), { recursive: true });
  const root = join(disk, "root");
  await cp(join(machineFolder, "roots/debian"), root, { recursive: true });
  await nameImage(root, spec.image);
  await writeFile(join(root, "etc/machine-id"), `${randomHex()}\n`);
  await writeFile(join(disk, "kind"), "image\n");
  return writeIdentity(root, spec);
}

/**
 * An archive of what cloud-init gives a disk that comes from another server, which the machine unpacks when it boots.
 *
 * @returns warnings about the user data
 */
export async function packIdentity(archive: string, temporary: string, spec: MachineSpec): Promise<string[]> {
  const folder = await mkdtemp(join(temporary, "identity-"));
  try {
    await mkdir(join(folder, "etc"));
    const warnings = await writeIdentity(folder, spec);
    await exec("tar", ["-C", folder, "--owner=0", "--group=0", "-cf", archive, "."]);
    return warnings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeIdentity(root: string, spec: MachineSpec): Promise<string[]> {
  const firstBoot = readUserData(spec.userData);
  await writeFile(join(root, "etc/hostname"), `${firstBoot.hostName ?? spec.name}\n`);
  await writeHostKeys(root, firstBoot, spec.name);
  await writeUsers(root, firstBoot.users);
  await writeKeys(join(root, "root"), [...spec.authorizedKeys, ...firstBoot.authorizedKeys]);
  await writeFiles(root, firstBoot);
  await mkdir(join(root, "var/lib/cloud/data"), { recursive: true });
  await writeFile(join(root, "var/lib/cloud/data/instance-id"), `${spec.serverId}\n`);
  return firstBoot.warnings;
}

async function nameImage(root: string, image: string): Promise<void> {
  const [id = "debian", version = "13"] = image.split("-");
  if (id === "debian" && version === "13") return;
  const path = join(root, "etc/os-release");
  const text = `PRETTY_NAME="${image}"\nNAME="${id}"\nVERSION_ID="${version}"\nID=${id}\n`;
  await writeFile(path, text);
}

async function writeHostKeys(root: string, { hostKeys }: FirstBoot, comment: string): Promise<void> {
  const folder = join(root, "etc/ssh");
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(hostKeys)) {
    await writeFile(join(folder, name), text, { mode: name.endsWith(".pub") ? 0o644 : 0o600 });
  }
  if (Object.keys(hostKeys).some((name) => !name.endsWith(".pub"))) return;
  await exec("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `root@${comment}`, "-f", join(folder, "ssh_host_ed25519_key")]);
}

async function writeUsers(root: string, users: FirstBoot["users"]): Promise<void> {
  let uid = 1000;
  for (const user of users) {
    if (user.name !== "root") {
      const home = `/home/${user.name}`;
      await append(join(root, "etc/passwd"), `${user.name}:x:${uid}:${uid}::${home}:${user.shell ?? "/bin/bash"}\n`);
      await append(join(root, "etc/group"), `${user.name}:x:${uid}:\n`);
      uid++;
    }
    await writeKeys(join(root, user.name === "root" ? "root" : `home/${user.name}`), user.ssh_authorized_keys ?? []);
  }
}

async function writeKeys(home: string, keys: readonly string[]): Promise<void> {
  await mkdir(join(home, ".ssh"), { recursive: true });
  await chmod(join(home, ".ssh"), 0o700);
  await append(join(home, ".ssh/authorized_keys"), keys.map((key) => `${key.trim()}\n`).join(""));
  await chmod(join(home, ".ssh/authorized_keys"), 0o600);
}

/** Files, and the commands as a script that runs once, when the machine first boots. */
async function writeFiles(root: string, { files, commands }: FirstBoot): Promise<void> {
  for (const file of files) {
    const path = join(root, join("/", file.path)); // the inner join keeps `..` inside the root
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: file.mode });
  }
  const script = join(root, "var/lib/cloud/first-boot");
  await mkdir(dirname(script), { recursive: true });
  await writeFile(script, commands.map((command) => `sh -c ${shellQuote(command)}\n`).join(""));
}

async function append(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "a" });
}

function randomHex(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
