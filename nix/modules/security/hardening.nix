# Kernel and systemd hardening that a server with Docker does not notice: forwarding, user namespaces and eBPF for root stay as they are.
{ config, lib, ... }:
let
  inherit (lib) mkDefault;
  cfg = config.vps.security.hardening;
  # Stronger than nixpkgs' own defaults, weaker than what a person writes.
  ours = lib.mkOverride 900;
in
{
  options.vps.security.hardening = {
    enable = lib.mkEnableOption "a kernel that gives less away";

    blockedModules = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [
        "ax25"
        "netrom"
        "rose"
        "dccp"
        "sctp"
        "rds"
        "tipc"
        "adfs"
        "affs"
        "bfs"
        "befs"
        "cramfs"
        "hfs"
        "hfsplus"
        "jffs2"
        "jfs"
        "minix"
        "nilfs2"
        "omfs"
        "sysv"
        "ufs"
        "firewire-core"
        "thunderbolt"
        "usb-storage"
      ];
      description = "Kernel modules that a virtual server has no use for, and that the kernel would load for anyone who asks.";
    };
  };

  config = lib.mkIf cfg.enable {
    boot.blacklistedKernelModules = cfg.blockedModules;
    # A blacklist stops only the loading by alias; this stops it by name too.
    boot.extraModprobeConfig = lib.concatMapStrings (name: "install ${name} /run/current-system/sw/bin/false\n") cfg.blockedModules;

    # No other kernel may be started from this one. nixos-anywhere starts from the cloud image, never from a finished system.
    security.protectKernelImage = mkDefault true;

    boot.kernel.sysctl = {
      "kernel.kptr_restrict" = ours 2;
      "kernel.dmesg_restrict" = ours 1;
      "kernel.unprivileged_bpf_disabled" = ours 1;
      "kernel.yama.ptrace_scope" = ours 1;
      "kernel.sysrq" = ours 0;
      "net.core.bpf_jit_harden" = ours 2;
      "fs.protected_fifos" = ours 2;
      "fs.protected_regular" = ours 2;
      "fs.suid_dumpable" = ours 0;

      "net.ipv4.tcp_syncookies" = ours 1;
      "net.ipv4.tcp_rfc1337" = ours 1;
      "net.ipv4.icmp_echo_ignore_broadcasts" = ours 1;
      # Loose: strict filtering drops what comes back to containers and private networks by another card.
      "net.ipv4.conf.all.rp_filter" = ours 2;
      "net.ipv4.conf.default.rp_filter" = ours 2;
    }
    // lib.listToAttrs (
      lib.concatMap
        (
          key:
          map (scope: lib.nameValuePair (lib.replaceStrings [ "*" ] [ scope ] key) (ours 0)) [
            "all"
            "default"
          ]
        )
        [
          "net.ipv4.conf.*.accept_redirects"
          "net.ipv4.conf.*.secure_redirects"
          "net.ipv4.conf.*.send_redirects"
          "net.ipv4.conf.*.accept_source_route"
          "net.ipv6.conf.*.accept_redirects"
          "net.ipv6.conf.*.accept_source_route"
        ]
    );

    # A core dump holds keys and passwords.
    systemd.coredump.enable = mkDefault false;
    security.pam.loginLimits = [
      {
        domain = "*";
        item = "core";
        type = "hard";
        value = "0";
      }
    ];

    # Polkit is a setuid program for desktops.
    security.polkit.enable = mkDefault false;
  };
}
