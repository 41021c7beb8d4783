# The operational scripts on the machine, and timers for those that are worth nothing when one has to think of them.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.maintenance;
  vpsPackages = import ../../packages { inherit pkgs; };
in
{
  imports = [
    ../storage/zfs.nix
    ./backup.nix
  ];

  options.vps.maintenance = {
    enable = lib.mkEnableOption "the maintenance scripts and their timers";

    packageList = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/home/.vps/packages.txt";
      description = "Where a list of installed packages is kept, every day. Null: nowhere.";
    };

    snapshots = mkOption {
      type = types.listOf types.str;
      default = lib.optional config.vps.storage.zfs.enable "rpool";
      defaultText = lib.literalMD "rpool where there is ZFS, else nothing";
      description = "ZFS datasets to take a snapshot of, every day, with everything below them.";
    };

    keepSnapshots = mkOption {
      type = types.ints.positive;
      default = 14;
      description = "How many snapshots of each are kept.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = cfg.snapshots != [ ] -> config.boot.supportedFilesystems.zfs or false;
            message = "vps.maintenance.snapshots: there is no ZFS on this machine. Set vps.storage.root.fileSystem = \"zfs\", or leave the list empty.";
          }
        ];
        environment.systemPackages = lib.attrValues (removeAttrs vpsPackages [ "vps-flake-update" ]);
      }
      (lib.mkIf (cfg.packageList != null) {
        systemd.services.vps-packages = {
          description = "List of installed packages";
          path = [ config.nix.package ];
          unitConfig.RequiresMountsFor = dirOf cfg.packageList;
          serviceConfig = import ../../lib/hardened.nix // {
            Type = "oneshot";
            ExecStart = "${lib.getExe vpsPackages.vps-packages} --to ${cfg.packageList}";
          };
          startAt = "daily";
        };
      })
      (lib.mkIf (cfg.snapshots != [ ]) {
        systemd.services.vps-snapshot = {
          description = "Snapshots of ZFS datasets";
          path = [ config.boot.zfs.package ];
          serviceConfig.Type = "oneshot";
          serviceConfig.ExecStart = map (
            dataset: "${lib.getExe vpsPackages.vps-snapshot} make --keep ${toString cfg.keepSnapshots} ${dataset}"
          ) cfg.snapshots;
          startAt = "daily";
        };
      })
    ]
  );
}
