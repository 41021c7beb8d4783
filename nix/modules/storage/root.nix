# The server's own disk: BIOS boot, EFI and the rest as ext4 or a ZFS pool, either with LUKS beneath. The only disk that disko may know of,
# because disko's script wipes every disk in its list without asking.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.storage.root;
  inherit (pkgs.stdenv.hostPlatform) isx86;

  bringsCryptsetup = lib.any (volume: volume.encrypted) (
    lib.attrValues (config.vps.storage.volumes or { })
  );

  fileSystem = {
    ext4 = {
      type = "filesystem";
      format = "ext4";
      mountpoint = "/";
      # The initrd must not give up on an encrypted disk before somebody has given the passphrase.
      mountOptions = [ "noatime" ] ++ lib.optional cfg.encrypted "x-systemd.device-timeout=infinity";
    };
    zfs = {
      type = "zfs";
      pool = "rpool";
    };
  };
in
{
  imports = [
    ./pool.nix
    ./unlock.nix
    ./zfs.nix
  ];

  options.vps.storage.root = {
    enable = lib.mkEnableOption "partitions and file systems on the server's own disk";

    device = lib.mkOption {
      type = lib.types.str;
      example = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_100000001";
      description = "The disk that the installer wipes and the system boots from. Every server has another.";
    };

    fileSystem = lib.mkOption {
      type = lib.types.enum [
        "ext4"
        "zfs"
      ];
      default = "ext4";
      description = "File system of the root disk.";
    };

    encrypted = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "LUKS beneath the file system. Every boot then waits for the passphrase, see `vps.storage.unlock`.";
    };

    keyFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = "/tmp/disk.key";
      description = "Where the installer finds the passphrase, in its memory and for as long as it partitions the disk.";
    };

    bootSize = lib.mkOption {
      type = lib.types.strMatching "[1-9][0-9]*[MG]";
      default = "1G";
      description = "Size of the EFI partition, which is /boot and holds the kernels of `vps.hardware.bootGenerations` generations and of one more.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = lib.hasPrefix "/dev/disk/by-id/" cfg.device;
        message = "vps.storage.root.device: ${cfg.device} may be another disk after the next boot, and the installer wipes it. Use its path below /dev/disk/by-id.";
      }
      {
        assertion = !lib.hasInfix "HC_Volume" cfg.device;
        message = "vps.storage.root.device: ${cfg.device} is a Hetzner volume, and the installer would wipe it. Name the server's own disk.";
      }
      {
        assertion = cfg.encrypted -> cfg.keyFile != null;
        message = "vps.storage.root.encrypted: the installer needs the passphrase. Set vps.storage.root.keyFile to the path at which it is uploaded.";
      }
      {
        assertion =
          cfg.keyFile == null || (lib.hasPrefix "/" cfg.keyFile && !lib.hasPrefix builtins.storeDir cfg.keyFile);
        message = "vps.storage.root.keyFile: ${toString cfg.keyFile} must be an absolute path outside the Nix store, which everyone can read.";
      }
    ];

    vps.storage.zfs.enable = lib.mkIf (cfg.fileSystem == "zfs") true;
    vps.storage.unlock.enable = lib.mkIf cfg.encrypted (lib.mkDefault true);

    disko.devices.disk.main = {
      type = "disk";
      inherit (cfg) device;
      # The installer has no cryptsetup (nixos-images leaves profiles/base.nix out), and a store on an encrypted volume is opened there. What
      # this script needs comes with it; the steps look for programs at this place too.
      postCreateHook = lib.mkIf bringsCryptsetup ''
        mkdir -p /run/nixos-vps/bin
        ln -sfn ${lib.getExe' pkgs.cryptsetup "cryptsetup"} /run/nixos-vps/bin/cryptsetup
      '';
      content = {
        type = "gpt";
        partitions = {
          # Where GRUB's core lies on a BIOS server. Firmware is not known before the server is there, so x86 always has it.
          bios = lib.mkIf isx86 {
            size = "1M";
            type = "EF02";
            priority = 1;
          };
          esp = {
            size = cfg.bootSize;
            type = "EF00";
            priority = 2;
            content = {
              type = "filesystem";
              format = "vfat";
              mountpoint = "/boot";
              # Initrd secrets lie here.
              mountOptions = [ "umask=0077" ];
            };
          };
          root = {
            size = "100%";
            content =
              if cfg.encrypted then
                {
                  type = "luks";
                  name = "root";
                  passwordFile = cfg.keyFile;
                  settings.allowDiscards = true;
                  content = fileSystem.${cfg.fileSystem};
                }
              else
                fileSystem.${cfg.fileSystem};
          };
        };
      };
    };
  };
}
