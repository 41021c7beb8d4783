# Docker whose images and volumes outlive the server, that cannot fill the disk with logs or leftovers, and whose published ports stay
# behind the firewall: Docker writes rules of its own, so by default it publishes to the machine itself only.
{ config, lib, ... }:
let
  cfg = config.vps.services.docker;
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;
  openPorts = config.networking.firewall.allowedTCPPorts;
in
{
  imports = [
    ../base/health.nix
    ../maintenance/backup.nix
  ];

  options.vps.services.docker = {
    enable = lib.mkEnableOption "Docker with its data on the machine's volume";

    dataRoot = lib.mkOption {
      type = lib.types.path;
      default = "/home/docker";
      description = "Where images, containers and volumes live.";
    };

    publishAddress = lib.mkOption {
      type = lib.types.str;
      default = "127.0.0.1";
      description = "Address that `-p 8080:80` listens on. Every other address is reachable from the internet, whatever the firewall says.";
    };

    pruneDays = lib.mkOption {
      type = lib.types.ints.positive;
      default = 14;
      description = "Unused images and stopped containers older than this are deleted every week. Volumes never are.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = onVolume cfg.dataRoot || !lib.hasPrefix "/home" cfg.dataRoot;
        message = "vps.services.docker.dataRoot: ${cfg.dataRoot} is not on a volume, so images and volumes would be lost with the server. Give the machine a volume at /home, or set dataRoot.";
      }
    ];

    virtualisation.docker = {
      enable = true;
      daemon.settings = {
        data-root = cfg.dataRoot;
        ip = cfg.publishAddress;
        log-driver = "local";
        log-opts = {
          max-size = "10m";
          max-file = "3";
        };
        # Containers go on while the daemon is replaced by a switch.
        live-restore = true;
        userland-proxy = false;
        no-new-privileges = lib.mkDefault true;
      };
      autoPrune = {
        enable = lib.mkDefault true;
        dates = "weekly";
        flags = [
          "--all"
          "--filter=until=${toString (cfg.pruneDays * 24)}h"
        ];
      };
    };

    # `-p 0.0.0.0:80:80` would still reach past the firewall, by rules that Docker writes. What is not listed there is dropped before them.
    networking.nftables.tables.vps-docker = lib.mkIf config.networking.nftables.enable {
      family = "inet";
      content = ''
        chain forward {
          type filter hook forward priority filter - 5; policy accept;
          ct state established,related accept
          iifname "docker0" accept
          iifname "br-*" accept
          oifname "docker0" goto published
          oifname "br-*" goto published
        }
        chain published {
          ${lib.optionalString (openPorts != [ ])
            "meta l4proto tcp ct original proto-dst { ${lib.concatMapStringsSep ", " toString openPorts} } accept"
          }
          counter drop
        }
      '';
    };

    systemd.tmpfiles.settings."10-docker".${cfg.dataRoot}.d = {
      user = "root";
      group = "root";
      mode = "0710";
    };
    systemd.services.docker.unitConfig.RequiresMountsFor = cfg.dataRoot;

    # Named volumes are data; images and layers can be pulled again.
    vps.backup.paths = [ "${cfg.dataRoot}/volumes" ];
    vps.health.docker = "${lib.getExe' config.virtualisation.docker.package "docker"} info --format '{{.ServerVersion}}' >/dev/null";
  };
}
