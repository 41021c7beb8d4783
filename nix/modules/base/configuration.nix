# Where /etc/nixos lives. Git is the truth in every case; the question is what is on the machine when Git cannot be reached.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.configuration;
  vpsPackages = import ../../packages { inherit pkgs; };
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;
in
{
  imports = [ ../storage/state.nix ];

  options.vps.configuration = {
    enable = lib.mkEnableOption "a place for /etc/nixos";

    keep = lib.mkOption {
      type = lib.types.enum [
        "git"
        "volume"
        "copy"
      ];
      default = "git";
      description = ''
        - `git`: /etc/nixos is on the root disk and comes from Git, by `pulumi up` or by the machine itself. Recommended.
        - `volume`: /etc/nixos is a folder of the volume, and survives the server.
        - `copy`: as `git`, and every change is copied to the volume by itself.
      '';
    };

    folder = lib.mkOption {
      type = lib.types.path;
      default = "/home/.nixos";
      description = "The folder on the volume, for `volume` and `copy`.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.keep == "git" || onVolume cfg.folder;
        message = "vps.configuration.keep: ${cfg.folder} is not on a volume, so it would be lost with the server. Give the machine a volume at /home, set folder, or set keep = \"git\".";
      }
    ];

    vps.storage.binds.nixos = lib.mkIf (cfg.keep == "volume") {
      target = "/etc/nixos";
      source = cfg.folder;
    };

    systemd.paths.vps-configuration-copy = lib.mkIf (cfg.keep == "copy") {
      description = "Watch /etc/nixos for changes";
      wantedBy = [ "multi-user.target" ];
      pathConfig = {
        PathChanged = [
          "/etc/nixos"
          "/etc/nixos/facts.json"
          "/etc/nixos/flake.nix"
          "/etc/nixos/flake.lock"
        ];
        # One push writes many files; one copy is enough for it.
        TriggerLimitIntervalSec = "10s";
        TriggerLimitBurst = 2;
      };
    };
    # inotify does not look into subfolders, so a clock looks as well.
    systemd.timers.vps-configuration-copy = lib.mkIf (cfg.keep == "copy") {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnBootSec = "5min";
        OnUnitActiveSec = "1h";
      };
    };
    systemd.services.vps-configuration-copy = lib.mkIf (cfg.keep == "copy") {
      description = "Copy /etc/nixos to the volume";
      unitConfig.RequiresMountsFor = cfg.folder;
      serviceConfig = import ../../lib/hardened.nix // {
        Type = "oneshot";
        ExecStart = "${lib.getExe vpsPackages.vps-configuration-copy} --from /etc/nixos --to ${cfg.folder}";
      };
    };
  };
}
