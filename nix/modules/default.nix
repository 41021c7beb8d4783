# Every module by its name, each complete in itself: it brings the modules and inputs whose options it sets. `default` is all of them.
{ inputs, lib }:
let
  disko = inputs.disko.nixosModules.disko;
  home-manager = inputs.home-manager.nixosModules.home-manager;

  modules = {
    # hardware
    hetzner-cloud = [ ./hardware/hetzner-cloud.nix ];
    network = [ ./hardware/network.nix ];
    # storage
    root = [
      disko
      ./storage/root.nix
    ];
    volumes = [ ./storage/volumes.nix ];
    state = [ ./storage/state.nix ];
    zfs = [ ./storage/zfs.nix ];
    unlock = [ ./storage/unlock.nix ];
    # base
    users = [ ./base/users.nix ];
    locale = [ ./base/locale.nix ];
    nix = [ ./base/nix.nix ];
    memory = [ ./base/memory.nix ];
    journal = [ ./base/journal.nix ];
    tools = [ ./base/tools.nix ];
    home = [
      home-manager
      ./base/home-manager.nix
    ];
    configuration = [ ./base/configuration.nix ];
    health = [ ./base/health.nix ];
    # security
    ssh = [ ./security/ssh.nix ];
    firewall = [ ./security/firewall.nix ];
    sudo = [ ./security/sudo.nix ];
    hardening = [ ./security/hardening.nix ];
    updates = [ ./security/updates.nix ];
    fail2ban = [ ./security/fail2ban.nix ];
    insecure = [ ./security/insecure.nix ];
    # services
    web = [ ./services/web.nix ];
    postgresql = [ ./services/postgresql.nix ];
    monitoring = [ ./services/monitoring.nix ];
    docker = [ ./services/docker.nix ];
    openclaw = [
      home-manager
      ./services/openclaw.nix
      {
        nixpkgs.overlays = [ inputs.nix-openclaw.overlays.default ];
        home-manager.sharedModules = [ inputs.nix-openclaw.homeManagerModules.openclaw ];
      }
    ];
    secrets = [
      inputs.sops-nix.nixosModules.sops
      ./services/secrets.nix
    ];
    # maintenance
    backup = [ ./maintenance/backup.nix ];
    go-back = [ ./maintenance/go-back.nix ];
    maintenance = [ ./maintenance/scripts.nix ];
  };

  # A name in errors, so that they point at the module and not at this file.
  named = name: imports: {
    _file = "nixos-vps#nixosModules.${name}";
    inherit imports;
  };
  single = lib.mapAttrs named modules;
in
single // { default = named "default" (lib.attrValues single); }
