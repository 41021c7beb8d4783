# What the flake offers: the machine of ./facts.json where there is one, the examples always, and every module by itself.
inputs:
let
  inherit (inputs.nixpkgs) lib;
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];
  eachSystem = f: lib.genAttrs systems (system: f inputs.nixpkgs.legacyPackages.${system});

  nixosModules = import ./modules { inherit inputs lib; };
  machine = import ./lib/machine.nix { inherit lib nixosModules; };
  examples = import ./facts/examples { inherit lib systems; };
  packagesOf = pkgs: import ./packages { inherit pkgs; };

  # Present on a machine and in the folder that is put together for one, never in Git: `nix flake check` then has the examples.
  own = lib.optionalAttrs (builtins.pathExists ./facts.json) (
    let
      # Checked here already: with a wrong name in it one would otherwise be handed an example of the right one.
      facts = import ./facts/check.nix (lib.importJSON ./facts.json);
    in
    {
      ${facts.machine} = machine facts;
    }
  );
in
{
  inherit nixosModules;
  nixosConfigurations = lib.mapAttrs (_: machine) examples // own;
  lib = { inherit machine examples; };

  packages = eachSystem packagesOf;
  apps = eachSystem (
    pkgs:
    lib.mapAttrs (name: package: {
      type = "app";
      program = lib.getExe package;
      meta.description = "See `${name} --help`";
    }) (packagesOf pkgs)
  );
  checks = eachSystem (
    pkgs:
    import ./checks {
      inherit
        inputs
        machine
        examples
        nixosModules
        ;
      packages = packagesOf pkgs;
    } pkgs
  );
  formatter = eachSystem (pkgs: pkgs.nixfmt);
}
