// Files that a new system gets at its installation: its ssh identity, and the flake it was made from.
import { cpSync, chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Passphrases } from "../volumes/encryptedVolumes";
import { KEY_FOLDER } from "../facts";

/** Where a machine keeps what this project notes on it. */
const NOTES = "/var/lib/nixos-vps";

export interface NewSystemFiles {
  /** Path of the private host key on the machine, e.g. `/etc/ssh/ssh_host_ed25519_key`. */
  hostKeyPath: string;
  hostKey: string;
  hostPublicKey: string;
  /** Folder that becomes `/etc/nixos`. */
  flake: string;
  /** `systemHash` of the flake and its facts: a switch to the same has nothing to do. */
  reason: string;
  /** How often the machine was installed again on its server, this installation included. */
  reinstall: number;
  /** Its volumes come to a system that runs already, which must not mount them before the take-over has looked at them. */
  volumesUnchecked?: boolean;
  /** What the machine opens its encrypted volumes with at each boot, by the volume's name. */
  passphrases?: Passphrases;
}

/**
 * Builds the tree for `--extra-files` anew. Modes are the modes on the machine: nixos-anywhere keeps them, those of directories too, even where
 * the directory is already there (nixos-deployment.md §1.6).
 */
export function makeExtraFiles(folder: string, files: NewSystemFiles): void {
  rmSync(folder, { recursive: true, force: true });
  const key = join(folder, files.hostKeyPath);
  makeFolders(folder, dirname(files.hostKeyPath));
  writeFile(key, withNewline(files.hostKey), 0o600);
  writeFile(`${key}.pub`, withNewline(files.hostPublicKey), 0o644);
  makeFolders(folder, NOTES);
  writeFile(join(folder, NOTES, "installed-flake"), `${files.reason}\n`, 0o644);
  // It comes with the installation itself: a cut after it cannot make the machine look as if it had still to be installed again.
  writeFile(join(folder, NOTES, "reinstalled"), `${files.reinstall}\n`, 0o644);
  if (files.volumesUnchecked) writeFile(join(folder, NOTES, "volumes-unchecked"), "", 0o644); // nix/modules/storage/volumes.nix
  for (const [volume, passphrase] of Object.entries(files.passphrases ?? {})) {
    makeFolders(folder, KEY_FOLDER);
    chmodSync(join(folder, KEY_FOLDER), 0o700);
    // Every byte of it is the passphrase: no line ends here.
    writeFile(join(folder, KEY_FOLDER, volume), passphrase, 0o600);
  }
  makeFolders(folder, "/etc");
  const flake = join(folder, "etc", "nixos");
  cpSync(files.flake, flake, { recursive: true, verbatimSymlinks: true });
  openToAll(flake);
}

/** Never open to more than `mode`, and in the end to no less: the step's own umask lets nobody else in. */
function writeFile(path: string, content: string, mode: number): void {
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
}

/** A system's folders are 0755. */
function makeFolders(root: string, path: string): void {
  let current = root;
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o755);
  for (const name of path.split("/").filter(Boolean)) {
    current = join(current, name);
    mkdirSync(current, { recursive: true });
    chmodSync(current, 0o755);
  }
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openToAll(join(folder, entry.name));
  }
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
