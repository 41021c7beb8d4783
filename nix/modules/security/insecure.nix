# Everything that makes a machine less safe, in one place and under names that say so. Turning such a thing on by another way is refused.
{ config, lib, ... }:
let
  cfg = config.vps.insecure;
  ssh = config.services.openssh;

  listed = map (entry: entry.port) (lib.attrValues config.vps.security.firewall.ports);
  unlisted = lib.subtractLists listed (
    config.networking.firewall.allowedTCPPorts ++ config.networking.firewall.allowedUDPPorts
  );

  # name -> what it opens, and how to see in the finished configuration that it is open.
  doors = {
    sshPasswords = {
      opens = "logging in over ssh with a password";
      open = ssh.enable && ssh.settings.PasswordAuthentication != false;
    };
    sshRootPassword = {
      opens = "logging in as root with a password";
      open = ssh.enable && ssh.settings.PermitRootLogin == "yes";
    };
    noFirewall = {
      opens = "every port that a program listens on";
      open = !config.networking.firewall.enable;
    };
    unlistedPorts = {
      opens = "ports that no service has asked for in vps.security.firewall.ports";
      detail = " (${lib.concatMapStringsSep ", " toString unlisted})";
      open = config.networking.firewall.enable && unlisted != [ ];
    };
    mutableUsers = {
      opens = "users that exist on the server and not in the configuration";
      open = config.users.mutableUsers;
    };
    dockerGroup = {
      opens = "root rights without sudo, for members of the group docker";
      open =
        config.virtualisation.docker.enable
        && (
          config.users.groups.docker.members or [ ] != [ ]
          || lib.any (user: lib.elem "docker" user.extraGroups) (lib.attrValues config.users.users)
        );
    };
    outdatedPackages = {
      opens = "packages with known holes (nixpkgs.config.permittedInsecurePackages)";
      open = config.nixpkgs.config.permittedInsecurePackages or [ ] != [ ];
    };
  };
in
{
  imports = [ ./firewall.nix ];

  options.vps.insecure = {
    refuse = lib.mkEnableOption "the check that nothing insecure is on without being named here";
  }
  // lib.mapAttrs (
    _: door:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Allow ${door.opens}.";
    }
  ) doors;

  config = lib.mkIf cfg.refuse {
    assertions = lib.mapAttrsToList (name: door: {
      assertion = door.open -> cfg.${name};
      message = "This allows ${door.opens}${door.detail or ""}. Undo it, or set vps.insecure.${name} = true if you mean it.";
    }) doors;

    # What was opened on purpose can be read on the machine.
    environment.etc."vps/insecure.json".text = builtins.toJSON (
      lib.attrNames (lib.filterAttrs (name: door: cfg.${name} && door.open) doors)
    );
  };
}
