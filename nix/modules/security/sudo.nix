# sudo for the admin alone. Without a password, because the admin has none: whoever holds the ssh key is root.
{ config, lib, ... }:
let
  cfg = config.vps.security.sudo;
in
{
  options.vps.security.sudo = {
    enable = lib.mkEnableOption "sudo for members of wheel";

    askPassword = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Ask the admin for a password. Only sensible with `users.users.<admin>.hashedPasswordFile` set.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion =
          cfg.askPassword
          -> lib.any (
            user:
            lib.elem "wheel" user.extraGroups
            && (user.hashedPasswordFile != null || user.hashedPassword != null)
          ) (lib.attrValues config.users.users);
        message = "vps.security.sudo.askPassword: no member of wheel has a password, so nobody could use sudo. Set users.users.<admin>.hashedPasswordFile.";
      }
    ];

    security.sudo = {
      enable = true;
      # The setuid program cannot even be started by others, so its flaws are not theirs to use.
      execWheelOnly = true;
      wheelNeedsPassword = cfg.askPassword;
      extraConfig = "Defaults lecture = never";
    };
  };
}
