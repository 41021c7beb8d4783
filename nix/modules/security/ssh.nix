# The way in: keys only, root by key only, nobody but those named, and one host key whose public half was known before the first connection.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.vps.security.ssh;
in
{
  imports = [
    ../base/health.nix
    ../base/users.nix
    ./firewall.nix
  ];

  options.vps.security.ssh = {
    enable = lib.mkEnableOption "sshd with keys only";

    port = mkOption {
      type = types.port;
      default = 2222;
      description = "Port of sshd. Another than 22 keeps the log readable; it is no protection.";
    };

    hostKey = mkOption {
      type = types.str;
      default = "/etc/ssh/ssh_host_ed25519_key";
      description = "The private ed25519 host key, as a path on the machine; the key comes over ssh, never through Nix.";
    };

    allowUsers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Users who may log in, beside root and the admin.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = lib.hasPrefix "/" cfg.hostKey && !lib.hasPrefix builtins.storeDir cfg.hostKey;
        message = "vps.security.ssh.hostKey: ${cfg.hostKey} must be an absolute path outside the Nix store, which everyone can read.";
      }
    ];

    services.openssh = {
      enable = true;
      ports = [ cfg.port ];
      # Opened through vps.security.firewall, where every port is listed with its reason.
      openFirewall = false;
      hostKeys = [
        {
          path = cfg.hostKey;
          type = "ed25519";
        }
      ];
      # Keys are what the configuration says, and not what a process wrote into a home.
      authorizedKeysFiles = lib.mkForce [ "/etc/ssh/authorized_keys.d/%u" ];
      authorizedKeysInHomedir = false;
      settings = {
        PasswordAuthentication = false;
        KbdInteractiveAuthentication = false;
        PermitRootLogin = "prohibit-password";
        AllowUsers =
          lib.optionals config.vps.users.enable [
            "root"
            config.vps.users.admin.name
          ]
          ++ cfg.allowUsers;
        X11Forwarding = false;
        AllowAgentForwarding = lib.mkDefault false;
        UseDns = false;
        StreamLocalBindUnlink = true;
        MaxAuthTries = lib.mkDefault 4;
        LoginGraceTime = lib.mkDefault 30;
        ClientAliveInterval = lib.mkDefault 60;
        ClientAliveCountMax = lib.mkDefault 5;
      };
    };

    # Without this a switch stops sshd and starts it again, and between the two nobody gets in to confirm.
    systemd.services.sshd.stopIfChanged = false;

    vps.security.firewall.ports.ssh = { inherit (cfg) port; };
    vps.health.ssh = "systemctl is-active --quiet sshd.service || systemctl is-active --quiet sshd.socket";
  };
}
