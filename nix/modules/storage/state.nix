# State that programs insist on keeping below /var/lib, carried on the volume by bind mounts. Not in fstab: the folder on the volume must be
# made first, and a service that uses StateDirectory= waits for the mount by itself.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.storage;

  bindType = types.submodule (
    { name, ... }:
    {
      options = {
        target = mkOption {
          type = types.path;
          example = "/var/lib/acme";
          description = "Where the programs look.";
        };
        source = mkOption {
          type = types.path;
          default = "${cfg.stateDir}/${name}";
          defaultText = lib.literalExpression ''"''${config.vps.storage.stateDir}/<name>"'';
          description = "The folder on the volume.";
        };
        user = mkOption {
          type = types.str;
          default = "root";
          description = "Owner of the folder; with a fixed uid, because the map of ids is lost with the server.";
        };
        group = mkOption {
          type = types.str;
          default = "root";
          description = "Group of the folder.";
        };
        mode = mkOption {
          type = types.strMatching "0[0-7]{3}";
          default = "0755";
          description = "Mode of the folder.";
        };
      };
    }
  );

  unit = bind: utils.escapeSystemdPath bind.target;
in
{
  options.vps.storage = {
    stateDir = mkOption {
      type = types.path;
      default = "/home/.state";
      description = "Folder on the volume for what belongs below /var/lib.";
    };

    binds = mkOption {
      type = types.attrsOf bindType;
      default = { };
      description = "Folders of the volume that appear elsewhere.";
    };
  };

  config = lib.mkIf (cfg.binds != { }) {
    systemd.mounts = map (bind: {
      what = bind.source;
      where = bind.target;
      type = "none";
      options = "bind";
      requires = [ "vps-bind-${unit bind}.service" ];
      after = [ "vps-bind-${unit bind}.service" ];
      before = [ "umount.target" ];
      conflicts = [ "umount.target" ];
      wantedBy = [ "multi-user.target" ];
      unitConfig = {
        # The usual dependencies put it before local-fs.target, and the service that makes its folder after it.
        DefaultDependencies = false;
        RequiresMountsFor = bind.source;
      };
    }) (lib.attrValues cfg.binds);

    systemd.services = lib.mapAttrs' (
      _: bind:
      lib.nameValuePair "vps-bind-${unit bind}" {
        description = "Folder ${bind.source} for ${bind.target}";
        after = [ "systemd-sysusers.service" ];
        unitConfig = {
          DefaultDependencies = false;
          RequiresMountsFor = bind.source;
        };
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${lib.getExe' pkgs.coreutils "install"} -d -o ${bind.user} -g ${bind.group} -m ${bind.mode} ${bind.source} ${bind.target}";
        };
      }
    ) cfg.binds;
  };
}
