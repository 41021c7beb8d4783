// What the local-exec of an update runs: the flake goes to the machine, and nixos-rebuild switches to it there. What it switches to is what
// boots from then on, whether the machine can be reached or not.
import execa from "execa";
import { localExec, PEER } from "./peer";

// The installer has no such program: after an installation its restart is waited for.
localExec("command -v nixos-rebuild", async ({ flake, ssh }) => {
  const { stdout } = await execa("tar", ["-C", flake, "-czf", "-", "."], { encoding: null });
  await ssh("set -e; rm -rf /etc/nixos; mkdir /etc/nixos; tar -C /etc/nixos -xzf - --no-same-owner", stdout);
  await ssh(`nixos-rebuild switch --flake /etc/nixos#${PEER}`);
});
