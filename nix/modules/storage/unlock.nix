# Unlocking encrypted disks from afar: an ssh server in the initrd with a host key of its own, because that key lies in the clear on /boot.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.storage.unlock;
in
{
  imports = [ ../hardware/network.nix ];

  options.vps.storage.unlock = {
    enable = lib.mkEnableOption "ssh in the initrd, to give the passphrase of encrypted disks";

    port = lib.mkOption {
      type = lib.types.port;
      default = 2223;
      description = "Port of the ssh server in the initrd; another than the system's, so that the two host keys do not clash in known_hosts.";
    };

    hostKey = lib.mkOption {
      type = lib.types.str;
      default = "/etc/secrets/initrd/ssh_host_ed25519_key";
      description = "Private host key of the initrd, as a path on the machine. Made there when nobody has put one.";
    };

    authorizedKeys = lib.mkOption {
      type = lib.types.listOf lib.types.singleLineStr;
      default = [ ];
      description = "Public keys that may give the passphrase.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.authorizedKeys != [ ];
        message = "vps.storage.unlock: nobody could give the passphrase, and the machine would never boot. Put a public key into vps.storage.unlock.authorizedKeys.";
      }
      {
        assertion = !lib.elem cfg.port config.services.openssh.ports;
        message = "vps.storage.unlock.port: ${toString cfg.port} is also the system's ssh port, whose host key is another. Choose a second port.";
      }
      {
        assertion = !lib.any (key: key.path == cfg.hostKey) config.services.openssh.hostKeys;
        message = "vps.storage.unlock.hostKey: ${cfg.hostKey} is the system's own host key, and the initrd's copy lies readable on /boot. Name another file.";
      }
    ];

    boot.initrd.systemd.enable = true;
    boot.initrd.network = {
      enable = true;
      ssh = {
        enable = true;
        inherit (cfg) port authorizedKeys;
        hostKeys = [ cfg.hostKey ];
      };
    };
    boot.initrd.systemd.network.networks."10-uplink" = lib.mkIf config.vps.network.enable config.systemd.network.networks."10-uplink";
    # Loaded early, or the network is not up before the passphrase is asked for.
    boot.initrd.kernelModules = [
      "virtio_net"
      "virtio_pci"
    ];

    # The bootloader is installed after activation, and fails without the key (nixos-anywhere#308).
    system.activationScripts.initrdHostKey = ''
      if [ ! -e ${lib.escapeShellArg cfg.hostKey} ]; then
        mkdir -p -m 0700 "$(dirname ${lib.escapeShellArg cfg.hostKey})"
        ${lib.getExe' pkgs.openssh "ssh-keygen"} -q -t ed25519 -N "" -C initrd -f ${lib.escapeShellArg cfg.hostKey}
      fi
    '';
  };
}
