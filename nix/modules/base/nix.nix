# Nix on a small machine: flakes, no channels, a store that cleans itself and yet keeps the generation one would roll back to.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.nix;
  vpsPackages = import ../../packages { inherit pkgs; };
in
{
  options.vps.nix = {
    enable = lib.mkEnableOption "Nix settings for a server";

    keepDays = lib.mkOption {
      type = lib.types.ints.positive;
      default = 14;
      description = "Generations younger than this are kept by the weekly clean-up; the running one and the one before it always are.";
    };

    minFreeGigabytes = lib.mkOption {
      type = lib.types.ints.positive;
      default = 2;
      description = "Below this much free space a build first collects garbage.";
    };
  };

  config = lib.mkIf cfg.enable {
    nix.channel.enable = false;
    nix.settings = {
      experimental-features = [
        "nix-command"
        "flakes"
      ];
      # Trust here means root rights, which wheel has by sudo anyhow; the deploy goes as root.
      trusted-users = [
        "root"
        "@wheel"
      ];
      min-free = cfg.minFreeGigabytes * 1024 * 1024 * 1024;
      max-free = 3 * cfg.minFreeGigabytes * 1024 * 1024 * 1024;
      auto-optimise-store = lib.mkDefault true;
      # A volume may be taken from a server that was powered off hard.
      fsync-store-paths = lib.mkDefault true;
      connect-timeout = lib.mkDefault 5;
      warn-dirty = lib.mkDefault false;
    };

    nix.gc = {
      automatic = lib.mkDefault true;
      dates = lib.mkDefault "weekly";
      randomizedDelaySec = lib.mkDefault "2h";
    };
    systemd.services.nix-gc = lib.mkIf config.nix.gc.automatic {
      path = [ config.nix.package ];
      preStart = "${lib.getExe vpsPackages.vps-prune} --days ${toString cfg.keepDays}";
    };

    # Serving comes first, building second.
    nix.daemonCPUSchedPolicy = lib.mkDefault "batch";
    nix.daemonIOSchedClass = lib.mkDefault "idle";
    systemd.services.nix-daemon.serviceConfig.OOMScoreAdjust = lib.mkDefault 250;

    # Programs that are not packages are found out by `nix`, not by a data base of names.
    programs.command-not-found.enable = lib.mkDefault false;
  };
}
