# The machine's facts, handed to the modules that need them. Everything is a default: a host may still decide otherwise.
{ config, lib, ... }:
let
  inherit (lib) mkDefault;
  inherit (config.vps) facts;
in
{
  options.vps.facts = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    description = "The content of facts.json, already checked against nix/facts/schema.json. Written by `pulumi up`, not by hand.";
  };

  config = {
    networking.hostName = facts.machine;
    nixpkgs.hostPlatform = facts.system;

    vps = {
      hardware = {
        enable = mkDefault true;
        inherit (facts.hardware) firmware;
      };
      network = {
        enable = mkDefault true;
        inherit (facts.hardware) mac;
        inherit (facts.network) ipv4 ipv6;
      };
      storage = {
        root = {
          enable = mkDefault true;
          device = facts.hardware.rootDisk;
          fileSystem = facts.storage.rootFileSystem;
          encrypted = facts.storage.rootEncrypted;
        };
        # A list in the facts, so that two volumes of one name are seen here and not silently merged.
        volumes = lib.listToAttrs (
          map (
            volume:
            lib.nameValuePair volume.name {
              inherit (volume)
                device
                mountPoint
                store
                encrypted
                ;
              # Put there by the installation and by every switch, never by way of the store.
              keyFile = mkDefault (if volume.encrypted then "/etc/secrets/volumes/${volume.name}" else null);
            }
          ) facts.storage.volumes
        );
        unlock.authorizedKeys = [ facts.ssh.deployKey ] ++ facts.admin.keys;
      };
      users = {
        enable = mkDefault true;
        admin = { inherit (facts.admin) name uid keys; };
        root.keys = [ facts.ssh.deployKey ];
      };
      nix.enable = mkDefault true;
      # Those of the stack's configuration, beside those of the modules.
      health = lib.listToAttrs (
        map (check: lib.nameValuePair check.name { inherit (check) command limit; }) (facts.health or [ ])
      );
      locale.enable = mkDefault true;
      memory.enable = mkDefault true;
      journal.enable = mkDefault true;
      tools.enable = mkDefault true;
      configuration.enable = mkDefault true;
      maintenance.enable = mkDefault true;
      goBack.enable = mkDefault true;
      insecure.refuse = mkDefault true;
      security.sudo.enable = mkDefault true;
      security.hardening.enable = mkDefault true;
      security.ssh = {
        enable = mkDefault true;
        inherit (facts.ssh) port hostKey;
      };
    };

    # A kept store may hold systems of former servers: this says which server one was made for.
    environment.etc."vps/root-disk".text = "${facts.hardware.rootDisk}\n";

    assertions =
      let
        names = map (volume: volume.name) facts.storage.volumes;
      in
      [
        {
          assertion = lib.allUnique names;
          message = "facts.json: storage.volumes: two volumes have one name (${lib.concatStringsSep ", " names}). Give each a name of its own.";
        }
      ];
  };
}
