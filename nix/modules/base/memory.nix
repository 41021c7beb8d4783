# Memory on a small server: compressed swap in RAM, since a swap file on a network disk is worse than none, and an early end for runaways.
{ config, lib, ... }:
let
  cfg = config.vps.memory;
in
{
  options.vps.memory = {
    enable = lib.mkEnableOption "zram swap and early out-of-memory handling";

    zramPercent = lib.mkOption {
      type = lib.types.ints.between 10 200;
      default = 50;
      description = "Size of the compressed swap, in percent of memory.";
    };
  };

  config = lib.mkIf cfg.enable {
    zramSwap = {
      enable = true;
      algorithm = lib.mkDefault "zstd";
      memoryPercent = cfg.zramPercent;
    };

    # Swapping to memory is cheap, and reading several pages ahead from it is waste.
    boot.kernel.sysctl = {
      "vm.swappiness" = lib.mkDefault 150;
      "vm.page-cluster" = lib.mkDefault 0;
    };

    systemd.oomd = {
      enable = lib.mkDefault true;
      enableSystemSlice = lib.mkDefault true;
      enableUserSlices = lib.mkDefault true;
    };
  };
}
