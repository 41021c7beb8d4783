# Every module by its name, each complete in itself: it brings the modules and inputs whose options it sets. `default` is all of them.
{ inputs, lib }:
let
  modules = {
    # hardware
    hetzner-cloud = ./hardware/hetzner-cloud.nix;
    network = ./hardware/network.nix;
    # storage
    root = [
      inputs.disko.nixosModules.disko
      ./storage/root.nix
    ];
    zfs = ./storage/zfs.nix;
    volumes = ./storage/volumes.nix;
    unlock = ./storage/unlock.nix;
    # base
    users = ./base/users.nix;
    nix = ./base/nix.nix;
    health = ./base/health.nix;
    # security
    ssh = ./security/ssh.nix;
    firewall = ./security/firewall.nix;
    sudo = ./security/sudo.nix;
  };

  # A name in errors, so that they point at the module and not at this file.
  named = name: module: {
    _file = "nixos-vps#nixosModules.${name}";
    imports = lib.toList module;
  };
  single = lib.mapAttrs named modules;
in
single // { default = named "default" (lib.attrValues single); }
