# The scripts, each a plain shell file beside this one that can be run and checked without Nix. `nix run .#vps-health -- --help`
{ pkgs }:
let
  script =
    name: runtimeInputs:
    pkgs.writeShellApplication {
      inherit name runtimeInputs;
      text = builtins.readFile (./. + "/${name}.sh");
    };
in
{
  vps-health = script "vps-health" [
    pkgs.coreutils
    pkgs.bash
    pkgs.curl
    pkgs.jq
    pkgs.systemd
  ];
}
