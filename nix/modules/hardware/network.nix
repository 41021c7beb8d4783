# Network as Hetzner Cloud gives it: IPv4 by DHCP (a /32 behind 172.31.1.1), IPv6 static with the gateway fe80::1, announced by nobody.
{ config, lib, ... }:
let
  cfg = config.vps.network;
  isPublic = cfg.ipv4 != null || cfg.ipv6 != null;
in
{
  options.vps.network = {
    enable = lib.mkEnableOption "the network of a Hetzner Cloud server";

    mac = lib.mkOption {
      type = lib.types.nullOr (lib.types.strMatching "([0-9a-f]{2}:){5}[0-9a-f]{2}");
      default = null;
      description = "MAC address of the public network card. Without it every card counts as public, which is right where there is one.";
    };

    ipv4 = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "Public IPv4 address; it comes by DHCP, so here it only says that there is one.";
    };

    ipv6 = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "2001:db8:1:2::1";
      description = "Public IPv6 address, without prefix length.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.ipv6 == null || !lib.hasInfix "/" cfg.ipv6;
        message = "vps.network.ipv6: ${toString cfg.ipv6} has a prefix length. Write the machine's own address, e.g. 2001:db8:1:2::1.";
      }
    ];

    networking.useNetworkd = true;
    networking.useDHCP = false;
    # Writes addresses of its own into /run/systemd/network, and those win (srvos#96).
    services.cloud-init.enable = lib.mkDefault false;

    systemd.network.networks."10-uplink" = {
      matchConfig = if cfg.mac != null then { MACAddress = cfg.mac; } else { Name = "en* eth*"; };
      networkConfig = {
        DHCP = if cfg.ipv4 != null || !isPublic then "ipv4" else "no";
        IPv6AcceptRA = false;
      };
      address = lib.mkIf (cfg.ipv6 != null) [ "${cfg.ipv6}/64" ];
      routes = lib.mkIf (cfg.ipv6 != null) [ { Gateway = "fe80::1"; } ];
      # Name servers come with DHCP; without IPv4 there is none, so these are Hetzner's.
      dns = lib.mkIf (isPublic && cfg.ipv4 == null) [
        "2a01:4ff:ff00::add:1"
        "2a01:4ff:ff00::add:2"
      ];
      linkConfig.RequiredForOnline = "routable";
    };

    # Hetzner's private networks hand out address and routes by DHCP.
    systemd.network.networks."20-private" = lib.mkIf (cfg.mac != null) {
      matchConfig.Name = "en* eth*";
      networkConfig = {
        DHCP = "ipv4";
        IPv6AcceptRA = false;
      };
      linkConfig.RequiredForOnline = "no";
    };
    systemd.network.wait-online.anyInterface = true;

    # A switch comes over ssh: it must not cut the line it came by.
    systemd.services.systemd-networkd.stopIfChanged = false;
    systemd.services.systemd-resolved.stopIfChanged = false;

    boot.kernel.sysctl = {
      "net.core.default_qdisc" = lib.mkDefault "fq";
      "net.ipv4.tcp_congestion_control" = lib.mkDefault "bbr";
    };
    boot.kernelModules = [ "tcp_bbr" ];
  };
}
