// Where nixos-anywhere comes from: what is on PATH, else a local Nix runs the pinned revision, else Docker runs Nix.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { StepError } from "../stepError";

/** Revision of nix-community/nixos-anywhere that was read and tried (version 1.13.0, 2026-07-22). */
export const NIXOS_ANYWHERE = "github:nix-community/nixos-anywhere/91fc9b70fc295258c366cce8627efb6f185fd9fb";

/** Image in which Nix runs where it is not installed. */
export const NIX_IMAGE = "nixos/nix:2.31.2";

const FEATURES = ["--extra-experimental-features", "nix-command flakes"];

/** How nixos-anywhere is started; its own arguments follow. */
export interface Installer {
  kind: "path" | "nix" | "docker";
  command: string;
  args: string[];
}

export interface Surroundings {
  path: string;
  /** Folder of the step, which a container must see, and the folder of the ssh shim within it. */
  workspace: string;
  shim: string;
  /** Further files that a container must see. */
  alsoMount: string[];
}

/**
 * @throws StepError that names all three ways when none is open
 */
export function findInstaller(surroundings: Surroundings): Installer {
  const has = (program: string): boolean => isOnPath(program, surroundings.path);
  if (has("nixos-anywhere")) return { kind: "path", command: "nixos-anywhere", args: [] };
  const viaNix = [...FEATURES, "run", NIXOS_ANYWHERE, "--"];
  if (has("nix")) return { kind: "nix", command: "nix", args: viaNix };
  if (has("docker")) return { kind: "docker", command: "docker", args: [...dockerRun(surroundings), "nix", ...viaNix] };
  throw new StepError({
    what: "There is no way to install NixOS from this computer: neither nixos-anywhere nor Nix nor Docker is on PATH.",
    state: "The server is up with its cloud image; nothing was changed on it.",
    next: "Install Nix (https://nixos.org/download), or nixos-anywhere, or Docker. Then run `pulumi up` again; it goes on from here.",
  });
}

/** Everything that the container needs lies in the step's folder; keys are files there and never arguments. */
function dockerRun({ workspace, shim, alsoMount }: Surroundings): string[] {
  const profile = "/root/.nix-profile/bin:/nix/var/nix/profiles/default/bin:/usr/bin:/bin";
  return [
    "run",
    "--rm",
    "--interactive",
    "--network=host",
    // What was fetched or built once serves the other phases and machines.
    "--volume=nixos-vps-nix:/nix",
    `--volume=${workspace}:${workspace}`,
    ...alsoMount.map((path) => `--volume=${path}:${path}:ro`),
    `--env=PATH=${shim}:${profile}`,
    `--env=HOME=${join(workspace, "home")}`,
    `--workdir=${workspace}`,
    NIX_IMAGE,
  ];
}

function isOnPath(program: string, path: string): boolean {
  return path
    .split(delimiter)
    .filter(Boolean)
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
