# Backup of what cannot be made again: each service says what is its data and how to dump it; here it is sent away every night.
# The store is never in it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.backup;
  vpsPackages = import ../../packages { inherit pkgs; };
in
{
  imports = [ ../base/health.nix ];

  options.vps.backup = {
    enable = lib.mkEnableOption "a nightly backup";

    method = mkOption {
      type = types.enum [
        "restic"
        "rsync"
      ];
      default = "restic";
      description = "`restic`: encrypted, deduplicated, with history, to any of its back ends. `rsync`: the latest state as plain files on another host.";
    };

    repository = mkOption {
      type = types.str;
      default = "";
      example = "sftp:u1@u1.your-storagebox.de:backup";
      description = "Where to: a restic repository, or host:folder for rsync.";
    };

    passwordFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/run/secrets/backup-password";
      description = "restic's password, as a file on the machine. Keep a copy elsewhere: without it the backup is noise.";
    };

    environmentFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "File with the back end's credentials, as lines of NAME=value.";
    };

    paths = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "What is backed up. Services add theirs.";
    };

    exclude = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "What is left out.";
    };

    prepare = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Commands that run first, e.g. to dump a database. If one fails nothing is sent.";
    };

    time = mkOption {
      type = types.str;
      default = "03:30";
      description = "When, as a systemd calendar expression.";
    };

    keep = lib.mapAttrs
      (
        unit: default:
        mkOption {
          type = types.ints.positive;
          inherit default;
          description = "How many ${unit} backups restic keeps.";
        }
      )
      {
        daily = 7;
        weekly = 5;
        monthly = 12;
      };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.repository != "";
        message = "vps.backup.repository: say where the backup goes, e.g. sftp:user@host:folder.";
      }
      {
        assertion = cfg.method == "restic" -> cfg.passwordFile != null;
        message = "vps.backup.passwordFile: restic encrypts, and needs a password. Put one into a file on the machine (or a sops secret) and name it here.";
      }
      {
        assertion = lib.all (file: file == null || !lib.hasPrefix builtins.storeDir file) [
          cfg.passwordFile
          cfg.environmentFile
        ];
        message = "vps.backup: a password in the Nix store can be read by everyone. Write the path as a string, \"/run/secrets/…\", not as a Nix path.";
      }
      {
        assertion = cfg.paths != [ ];
        message = "vps.backup.paths: there is nothing to back up. Name folders, or turn the backup off.";
      }
    ];

    # A store on the volume is a folder below /home, and would be most of the backup.
    vps.backup.exclude = [
      "/home/.nix"
      "/home/*/.cache"
    ];

    environment.etc."vps/backup.json".text = builtins.toJSON {
      inherit (cfg)
        method
        repository
        paths
        exclude
        prepare
        passwordFile
        environmentFile
        keep
        ;
    };
    environment.systemPackages = [ vpsPackages.vps-backup ];

    systemd.services.vps-backup = {
      description = "Backup of the machine's data";
      after = [ "network-online.target" ];
      wants = [ "network-online.target" ];
      unitConfig.RequiresMountsFor = lib.filter (lib.hasPrefix "/home") cfg.paths;
      serviceConfig = removeAttrs (import ../../lib/hardened.nix) [ "RestrictSUIDSGID" ] // {
        # Without that one, because rsync copies set-uid bits with the rest.
        Type = "oneshot";
        ExecStart = "${lib.getExe vpsPackages.vps-backup} run";
        CacheDirectory = "vps-backup";
        CacheDirectoryMode = "0700";
        Nice = 10;
        IOSchedulingClass = "idle";
      };
      environment.RESTIC_CACHE_DIR = "/var/cache/vps-backup";
    };
    systemd.timers.vps-backup = {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.time;
        # The machine may be a new one at the hour.
        Persistent = true;
        RandomizedDelaySec = "30min";
      };
    };
  };
}
