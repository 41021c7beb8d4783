# The scripts, each a plain shell file beside this one that can be run and checked without Nix: `nix run .#vps-health -- --help`.
{ pkgs }:
let
  inherit (pkgs) lib;
  inputsOf = {
    vps-backup = [
      pkgs.bash
      pkgs.jq
      pkgs.openssh
      pkgs.restic
      pkgs.rsync
    ];
    vps-configuration-copy = [ pkgs.diffutils ];
    vps-flake-update = [
      pkgs.diffutils
      pkgs.gnugrep
    ];
    # nix comes from the system: its tools must fit the store's database.
    vps-go-back = [
      pkgs.systemd
      pkgs.util-linux
    ];
    vps-health = [
      pkgs.bash
      pkgs.curl
      pkgs.jq
      pkgs.systemd
    ];
    vps-packages = [
      pkgs.diffutils
      pkgs.gnused
    ];
    vps-persistence-test = [
      pkgs.findutils
      pkgs.gnugrep
      pkgs.jq
      pkgs.util-linux
    ];
    vps-prune = [
      pkgs.findutils
      pkgs.gnused
    ];
    vps-report = [
      pkgs.gawk
      pkgs.gnused
      pkgs.iproute2
      pkgs.jq
      pkgs.systemd
    ];
    vps-rollback = [
      pkgs.findutils
      pkgs.gnused
    ];
    # zfs comes from the system: its tools must fit the kernel's module.
    vps-snapshot = [ pkgs.gnugrep ];
    # nix comes from the system, for the same reason.
    vps-update = [
      pkgs.git
      pkgs.jq
      pkgs.systemd
    ];
  };
in
lib.mapAttrs (
  name: inputs:
  pkgs.writeShellApplication {
    inherit name;
    runtimeInputs = [ pkgs.coreutils ] ++ inputs;
    text = builtins.readFile (./. + "/${name}.sh");
  }
) inputsOf
