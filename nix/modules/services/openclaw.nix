# OpenClaw for a user of its own: the gateway as that user's service, on this machine only, with state and keys in its home on the volume.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.services.openclaw;
  home = "/home/${cfg.user}";
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;
in
{
  imports = [
    ../base/health.nix
    ../base/home-manager.nix
    ../maintenance/backup.nix
  ];

  options.vps.services.openclaw = {
    enable = lib.mkEnableOption "OpenClaw's gateway";

    user = mkOption {
      type = types.str;
      default = "openclaw";
      description = "The user it runs as; nobody logs in as this user.";
    };

    uid = mkOption {
      type = types.ints.between 1000 59999;
      default = 1100;
      description = "Fixed, because it owns its home on the volume.";
    };

    port = mkOption {
      type = types.port;
      default = 18789;
      description = "Port of the gateway, on localhost. Reach it with `ssh -L`.";
    };

    keys = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        ANTHROPIC_API_KEY = "anthropic";
      };
      description = "Environment variables that hold keys, and the file in `secretsDir` that each is read from when the gateway starts.";
    };

    secretsDir = mkOption {
      type = types.path;
      default = "${home}/secrets";
      defaultText = "/home/<user>/secrets";
      description = "Folder of keys, copied to the machine and never in Git.";
    };

    settings = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "More of OpenClaw's own configuration.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = onVolume home;
        message = "vps.services.openclaw: ${home} is not on a volume, so state and keys would be lost with the server. Give the machine a volume at /home.";
      }
    ];

    users.groups.${cfg.user}.gid = cfg.uid;
    users.users.${cfg.user} = {
      isNormalUser = true;
      inherit (cfg) uid;
      inherit home;
      group = cfg.user;
      homeMode = "0700";
      # The gateway is a user service, and must run while nobody is logged in.
      linger = true;
    };

    systemd.tmpfiles.settings."20-openclaw" =
      lib.genAttrs
        [
          home
          "${home}/.openclaw"
          cfg.secretsDir
        ]
        (_: {
          d = {
            inherit (cfg) user;
            group = cfg.user;
            mode = "0700";
          };
        });

    vps.home.enable = true;
    vps.home.users.${cfg.user} = {
      programs.openclaw = {
        enable = true;
        # On by default there, and fetched from GitHub while evaluating, past the lock file.
        bundledPlugins.goplaces.enable = lib.mkDefault false;
        stateDir = "${home}/.openclaw";
        environment = lib.mapAttrs (_: file: "${cfg.secretsDir}/${file}") cfg.keys;
        instances.default = {
          gatewayPort = cfg.port;
          config = lib.recursiveUpdate { gateway.bind = "loopback"; } cfg.settings;
        };
      };
    };

    vps.backup.paths = [ "${home}/.openclaw" ];
    vps.health.openclaw = {
      # A user service: it starts after the switch is done, by itself.
      command = "${lib.getExe pkgs.curl} --silent --retry 8 --retry-delay 3 --retry-connrefused --max-time 25 --output /dev/null http://127.0.0.1:${toString cfg.port}/";
      timeout = 30;
    };
  };
}
