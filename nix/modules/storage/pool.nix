# The root disk's ZFS pool. Every dataset is mounted by fstab (`legacy`), so that systemd and not ZFS decides on the order.
{ config, lib, ... }:
let
  root = config.vps.storage.root;
  cfg = config.vps.storage.pool;

  mounted = mountpoint: {
    type = "zfs_fs";
    inherit mountpoint;
    options.mountpoint = "legacy";
  };
in
{
  options.vps.storage.pool = {
    reservation = lib.mkOption {
      type = lib.types.strMatching "[1-9][0-9]*[MG]";
      default = "1G";
      description = "Space that no dataset may take: a full pool cannot even delete.";
    };

    compression = lib.mkOption {
      type = lib.types.str;
      default = "zstd";
      description = "Compression of every dataset.";
    };
  };

  config = lib.mkIf (root.enable && root.fileSystem == "zfs") {
    # The import gives up after a minute, and the initrd with it: it begins when the passphrase has been given.
    boot.initrd.systemd.services.zfs-import-rpool = lib.mkIf root.encrypted {
      wants = [ "cryptsetup.target" ];
      after = [ "cryptsetup.target" ];
    };

    disko.devices.zpool.rpool = {
      type = "zpool";
      options = {
        ashift = "12";
        autotrim = "on";
      };
      rootFsOptions = {
        mountpoint = "none";
        canmount = "off";
        inherit (cfg) compression;
        acltype = "posixacl";
        xattr = "sa";
        atime = "off";
      };
      datasets = {
        root = mounted "/";
        var = mounted "/var";
        reserved = {
          type = "zfs_fs";
          options = {
            mountpoint = "none";
            inherit (cfg) reservation;
          };
        };
      };
    };
  };
}
