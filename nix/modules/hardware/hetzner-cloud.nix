# A Hetzner Cloud server as NixOS sees it: virtio under QEMU, a serial console, and a bootloader that does not care which firmware it gets.
{
  config,
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  cfg = config.vps.hardware;
  inherit (pkgs.stdenv.hostPlatform) isAarch64;
in
{
  imports = [
    # Sets only the virtio modules of the initrd, so importing it without `enable` changes nothing that matters.
    "${modulesPath}/profiles/qemu-guest.nix"
    ../base/health.nix
  ];

  options.vps.hardware = {
    enable = lib.mkEnableOption "the settings a Hetzner Cloud server needs";

    firmware = lib.mkOption {
      type = lib.types.enum [
        "bios"
        "uefi"
      ];
      default = "uefi";
      description = "What the server boots with. GRUB is installed for both on x86; this is known so that the impossible can be refused.";
    };

    bootGenerations = lib.mkOption {
      type = lib.types.ints.between 2 20;
      default = 5;
      description = "How many generations keep their kernel on /boot. A new one is copied before an old one leaves, so there must be room for one more.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = isAarch64 -> cfg.firmware == "uefi";
        message = "vps.hardware.firmware: Hetzner's ARM servers start by UEFI only. Set it to \"uefi\", or the system to x86_64-linux.";
      }
    ];

    boot.loader.grub = {
      enable = true;
      efiSupport = true;
      # The removable path is found without an entry in NVRAM, which a new server does not have.
      efiInstallAsRemovable = true;
      # There is no GRUB for BIOS on ARM. On x86 disko names the disk, from its BIOS boot partition.
      devices = lib.mkIf isAarch64 [ "nodev" ];
      configurationLimit = cfg.bootGenerations;
    };
    boot.loader.timeout = lib.mkDefault 2;

    # A kernel and an initrd take about 60 MB: below twice that the next generation may not fit.
    vps.health.boot-space = ''[ "$(df --output=avail --block-size=1M /boot | tail -n 1)" -ge 120 ]'';

    # Some types show the disk as virtio-scsi, some as virtio-blk; nixos-generate-config misses the first (nixpkgs#76980).
    boot.initrd.availableKernelModules = [
      "ahci"
      "sd_mod"
      "sr_mod"
      "xhci_pci"
    ];
    # The last console is the one that gets systemd's output: the one of Hetzner's web page.
    boot.kernelParams = [
      "console=${if isAarch64 then "ttyAMA0" else "ttyS0"},115200"
      "console=tty0"
      # A kernel that panics starts the server again, and so does an initrd that gives up: an unconfirmed one was to be booted once, and what
      # boots then is the former system. An initrd that waits for a passphrase has not given up.
      "panic=30"
      "boot.panic_on_fail"
    ];
    # grub-reboot, by which an unconfirmed system is booted once. On ARM NixOS installs GRUB without its programs.
    environment.systemPackages = lib.mkIf isAarch64 [ pkgs.grub2_efi ];

    boot.tmp.cleanOnBoot = lib.mkDefault true;

    # The hypervisor orders requests; a second scheduler only adds latency.
    services.udev.extraRules = ''
      ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="sd[a-z]|vd[a-z]", ATTR{queue/scheduler}="none"
    '';

    # Password reset from Hetzner's console; the agent looks for chpasswd on its path.
    services.qemuGuest.enable = lib.mkDefault true;
    systemd.services.qemu-guest-agent.path = lib.mkIf config.services.qemuGuest.enable [ pkgs.shadow ];

    # Nobody sits at the console: a hung machine must restart by itself, and a failed mount must not wait for a password.
    systemd.enableEmergencyMode = lib.mkDefault false;
    systemd.settings.Manager = {
      RuntimeWatchdogSec = lib.mkDefault "15s";
      RebootWatchdogSec = lib.mkDefault "30s";
    };

    systemd.sleep.settings.Sleep = lib.mkDefault {
      AllowSuspend = false;
      AllowHibernation = false;
    };
  };
}
