# Every example as facts for both architectures: `<machine>` as it is written, `<machine>-arm` or `<machine>-x86` for the other.
{ lib, systems }:
let
  files = lib.filterAttrs (name: _: lib.hasSuffix ".json" name) (builtins.readDir ./.);
  written = lib.mapAttrsToList (name: _: lib.importJSON (./. + "/${name}")) files;
  architecture = {
    x86_64-linux = "x86";
    aarch64-linux = "arm";
  };
  on =
    system: facts:
    facts
    // {
      inherit system;
      machine = if system == facts.system then facts.machine else "${facts.machine}-${architecture.${system}}";
      # Hetzner's ARM servers have no BIOS.
      hardware =
        facts.hardware // lib.optionalAttrs (system == "aarch64-linux") { firmware = "uefi"; };
    };
in
lib.listToAttrs (
  lib.concatMap (facts: map (system: lib.nameValuePair (on system facts).machine (on system facts)) systems) written
)
