# One module in a machine that has nothing else, imported only (`off`) and switched on (`on`), as the derivation of the whole system.
{
  flake,
  inputs,
  lib,
}:
let
  system = "x86_64-linux";
  ground = {
    nixpkgs.hostPlatform = system;
    system.stateVersion = "26.05";
    boot.loader.grub.devices = [ "nodev" ];
    fileSystems."/" = lib.mkDefault {
      device = "/dev/disk/by-label/root";
      fsType = "ext4";
    };
    fileSystems."/home" = {
      device = "/dev/disk/by-label/home";
      fsType = "ext4";
    };
    users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA root" ];
  };
  matrix = import ./matrix.nix { pkgs = inputs.nixpkgs.legacyPackages.${system}; };
  # As a derivation's path, so that a changed letter anywhere shows; without context, so that nothing is instantiated to print it.
  toplevel =
    modules:
    builtins.unsafeDiscardStringContext
      (lib.nixosSystem { modules = [ ground ] ++ modules; }).config.system.build.toplevel.drvPath;
in
{
  names = {
    exported = lib.attrNames (removeAttrs flake.nixosModules [ "default" ]);
    tested = lib.attrNames matrix;
  };
  nothing = toplevel [ ];
  off = lib.mapAttrs (name: _: toplevel [ flake.nixosModules.${name} ]) matrix;
  on = lib.mapAttrs (
    name: settings:
    toplevel [
      flake.nixosModules.${name}
      settings
    ]
  ) matrix;
}
