import { homedir } from "node:os";
import { join } from "node:path";

/** Where this operator's steps keep their locks and their diary: `$XDG_STATE_HOME/nixos-vps`, by default below `~/.local/state`. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "nixos-vps");
}
