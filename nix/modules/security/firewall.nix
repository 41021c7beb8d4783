# A port is open because a service said which and why, and for no other reason. nftables, so that the rules are replaced in one step.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.vps.security.firewall;
  opened = lib.attrValues cfg.ports;
  portsOf = protocol: map (entry: entry.port) (lib.filter (entry: lib.elem protocol entry.protocols) opened);
in
{
  options.vps.security.firewall = {
    enable = mkOption {
      type = types.bool;
      default = cfg.ports != { };
      defaultText = lib.literalMD "true as soon as something asks for a port";
      description = "A firewall that is closed but for `vps.security.firewall.ports`.";
    };

    ports = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            port = mkOption {
              type = types.port;
              description = "The port to open.";
            };
            protocols = mkOption {
              type = types.listOf (
                types.enum [
                  "tcp"
                  "udp"
                ]
              );
              default = [ "tcp" ];
              description = "For which protocols.";
            };
          };
        }
      );
      default = { };
      example = {
        https.port = 443;
      };
      description = "Open ports by what they are for.";
    };
  };

  config = lib.mkIf cfg.enable {
    networking.nftables.enable = true;
    networking.firewall = {
      enable = true;
      allowPing = lib.mkDefault true;
      # The internet knocks all day; the journal is small.
      logRefusedConnections = lib.mkDefault false;
      allowedTCPPorts = lib.sort lib.lessThan (lib.unique (portsOf "tcp"));
      allowedUDPPorts = lib.sort lib.lessThan (lib.unique (portsOf "udp"));
    };
  };
}
