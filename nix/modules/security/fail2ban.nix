# fail2ban, ready and off: with keys only there is no password to guess, and each ban costs a rule.
{ config, lib, ... }:
let
  cfg = config.vps.security.fail2ban;
in
{
  options.vps.security.fail2ban = {
    enable = lib.mkEnableOption "bans for addresses that keep failing to log in";

    trusted = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "198.51.100.0/24" ];
      description = "Addresses and networks that are never banned.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = config.networking.firewall.enable;
        message = "vps.security.fail2ban: a ban is a firewall rule, and the firewall is off. Set vps.security.firewall.enable = true.";
      }
    ];

    # The jail for sshd comes with the module, and takes its port from sshd's configuration.
    services.fail2ban = {
      enable = true;
      maxretry = lib.mkDefault 5;
      bantime = lib.mkDefault "1h";
      bantime-increment.enable = lib.mkDefault true;
      ignoreIP = cfg.trusted;
    };
  };
}
