# Tests in virtual machines, and every script built, which runs shellcheck over it. `nix flake check` evaluates the machines besides.
{
  inputs,
  machine,
  examples,
  nixosModules,
  packages,
}:
pkgs:
let
  inherit (pkgs) lib;
  args = {
    inherit
      inputs
      pkgs
      lib
      machine
      examples
      nixosModules
      ;
  };
in
{
  recreate = import ./recreate.nix args;
  firewall = import ./firewall.nix args;
  rollback = import ./rollback.nix args;
}
// lib.mapAttrs' (name: lib.nameValuePair "script-${name}") packages
