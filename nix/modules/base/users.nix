# People: root and one admin, both by key, both from the configuration alone, so that a new server has the same users with the same ids.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.vps.users;
  keys = mkOption {
    type = types.listOf types.singleLineStr;
    default = [ ];
    description = "Public ssh keys.";
  };
in
{
  options.vps.users = {
    enable = lib.mkEnableOption "users that exist in the configuration only";

    admin = {
      name = mkOption {
        # Not root: the admin is a person with sudo, so that the log tells who did what.
        type =
          types.addCheck (types.strMatching "[a-z_][a-z0-9_-]{0,31}") (name: name != "root")
          // {
            description = "name of a user other than root";
          };
        default = "admin";
        description = "Name of the admin.";
      };

      uid = mkOption {
        type = types.ints.between 1000 59999;
        default = 1000;
        description = "Fixed, because it owns files on the volume and the map of ids is lost with the server.";
      };

      inherit keys;
    };

    root = { inherit keys; };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.admin.keys != [ ] || cfg.root.keys != [ ];
        message = "vps.users: nobody could log in, for there is no ssh key at all. Put a public key into vps.users.admin.keys.";
      }
      {
        assertion = lib.all (key: !lib.hasInfix "PRIVATE KEY" key) (cfg.admin.keys ++ cfg.root.keys);
        message = "vps.users: one of the keys is a private key. Use the content of the .pub file, and make a new pair: this one is in the Nix store now.";
      }
    ];

    users.mutableUsers = false;
    users.users = {
      ${cfg.admin.name} = {
        isNormalUser = true;
        inherit (cfg.admin) uid;
        extraGroups = [
          "wheel"
          "systemd-journal"
        ];
        openssh.authorizedKeys.keys = cfg.admin.keys;
      };
      root.openssh.authorizedKeys.keys = cfg.root.keys;
    };

    # The home as a rule as well: on a blank volume that is mounted after the users were made, it would be missing.
    systemd.tmpfiles.settings."10-homes" = lib.mapAttrs' (
      _: user:
      lib.nameValuePair user.home {
        d = {
          user = user.name;
          inherit (user) group;
          mode = user.homeMode;
        };
      }
    ) (lib.filterAttrs (_: user: user.isNormalUser && user.createHome) config.users.users);
  };
}
