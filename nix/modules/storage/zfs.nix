# ZFS as a small server needs it: scrubbed, trimmed, and kept from taking all memory.
{ config, lib, ... }:
let
  cfg = config.vps.storage.zfs;
in
{
  options.vps.storage.zfs = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether the machine has a ZFS pool. Set by `vps.storage.root.fileSystem`.";
    };

    arcMegabytes = lib.mkOption {
      type = lib.types.ints.between 64 1048576;
      default = 512;
      description = "Most memory the ARC may take. ZFS' own default is half of it or more, which starves a small server.";
    };
  };

  config = lib.mkIf cfg.enable {
    boot.supportedFilesystems.zfs = true;
    boot.zfs.forceImportRoot = false;
    boot.kernelParams = [ "zfs.zfs_arc_max=${toString (cfg.arcMegabytes * 1024 * 1024)}" ];
    # The installer's host id: a pool made there is imported here without force.
    networking.hostId = lib.mkDefault "8425e349";

    services.zfs.autoScrub.enable = lib.mkDefault true;
    services.zfs.trim.enable = lib.mkDefault true;
  };
}
