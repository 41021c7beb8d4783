# Updates every day, unattended. The configuration in Git stays the truth: by `git` the machine takes what was committed (a lock file that CI
# renews, say); by `inputs` it goes ahead of the pinned inputs, in a copy, until the next push sets the pin again.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.security.updates;
  vpsPackages = import ../../packages { inherit pkgs; };
in
{
  imports = [ ../base/health.nix ];

  options.vps.security.updates = {
    enable = lib.mkEnableOption "daily automatic updates";

    git = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "https://github.com/you/machines";
      description = "Repository that the configuration comes from. With it the machine never departs from what is committed.";
    };

    branch = mkOption {
      type = types.str;
      default = "main";
      description = "Its branch.";
    };

    folder = mkOption {
      type = types.str;
      default = "nix";
      description = "The folder of the flake in it.";
    };

    inputs = mkOption {
      type = types.listOf types.str;
      default = lib.optional (cfg.git == null) "nixpkgs";
      defaultText = lib.literalMD "nixpkgs without `git`, else nothing";
      description = "Inputs of the flake that are taken newer than they are pinned.";
    };

    operation = mkOption {
      type = types.enum [
        "switch"
        "boot"
      ];
      default = "switch";
      description = "`switch`: at once, confirmed by the health checks and undone if they fail. `boot`: at the next boot.";
    };

    rebootWindow = mkOption {
      type = types.nullOr (types.strMatching "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]");
      default = null;
      example = "02:00-05:00";
      description = "When (UTC) the machine may reboot for a new kernel. Null: never by itself.";
    };

    time = mkOption {
      type = types.str;
      default = "04:40";
      description = "When, as a systemd calendar expression.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = (cfg.git != null) != (cfg.inputs != [ ]);
        message = "vps.security.updates: set either git or inputs. With both, the machine and the repository would each have a pin of their own and undo the other's.";
      }
      {
        assertion = !config.system.autoUpgrade.enable;
        message = "vps.security.updates: system.autoUpgrade.enable does the same at another hour. Turn one of them off.";
      }
      {
        assertion =
          cfg.rebootWindow != null
          -> lib.all (disk: disk.keyFile != null) (lib.attrValues config.boot.initrd.luks.devices);
        message = "vps.security.updates.rebootWindow: the disks of this machine are encrypted, so after a reboot at night it would wait for a passphrase. Set it to null.";
      }
    ];

    systemd.services.vps-update = {
      description = "Automatic update";
      after = [ "network-online.target" ];
      wants = [ "network-online.target" ];
      # The update replaces the very unit it runs in.
      restartIfChanged = false;
      stopIfChanged = false;
      unitConfig.X-StopOnRemoval = false;
      path = [
        config.nix.package
        pkgs.git
      ];
      environment = config.nix.envVars // {
        inherit (config.environment.sessionVariables) NIX_PATH;
        HOME = "/root";
      };
      serviceConfig = {
        Type = "oneshot";
        # `vps-health`'s checks of the new system and the activation scripts find their tools by themselves.
        ExecStart = lib.escapeShellArgs (
          [ (lib.getExe vpsPackages.vps-update) ]
          ++ lib.optionals (cfg.git != null) [
            "--git"
            cfg.git
            "--branch"
            cfg.branch
            "--folder"
            cfg.folder
          ]
          ++ lib.optionals (cfg.inputs != [ ]) [
            "--inputs"
            (toString cfg.inputs)
          ]
          ++ lib.optionals (cfg.rebootWindow != null) [
            "--reboot-window"
            cfg.rebootWindow
          ]
          ++ [
            "--operation"
            cfg.operation
          ]
        );
      };
    };
    systemd.timers.vps-update = {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.time;
        RandomizedDelaySec = "40min";
        Persistent = true;
      };
    };
  };
}
