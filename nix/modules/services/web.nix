# A web server: nginx with certificates from Let's Encrypt, which are kept on the volume, because a machine that is made again every day
# would soon be refused new ones.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.services.web;
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;

  siteType = types.submodule {
    options = {
      root = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/home/www/example.org";
        description = "Folder of files to serve.";
      };
      proxyTo = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "http://127.0.0.1:3000";
        description = "Program to hand requests to.";
      };
      redirectTo = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "example.org";
        description = "Other host name to send visitors to.";
      };
      tls = mkOption {
        type = types.bool;
        default = true;
        description = "HTTPS with a certificate of its own; plain HTTP then only leads there.";
      };
    };
  };

  targets =
    site:
    lib.filter (value: value != null) [
      site.root
      site.proxyTo
      site.redirectTo
    ];
  tlsSites = lib.filterAttrs (_: site: site.tls) cfg.sites;
in
{
  imports = [
    ../base/health.nix
    ../maintenance/backup.nix
    ../security/firewall.nix
    ../storage/state.nix
  ];

  options.vps.services.web = {
    enable = lib.mkEnableOption "a web server";

    email = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Where Let's Encrypt writes to about the certificates. By giving it you accept their terms.";
    };

    sites = mkOption {
      type = types.attrsOf siteType;
      default = { };
      description = "Sites by host name; each has exactly one of `root`, `proxyTo`, `redirectTo`.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions =
      lib.mapAttrsToList (host: site: {
        assertion = lib.length (targets site) == 1;
        message = "vps.services.web.sites.\"${host}\": set exactly one of root, proxyTo and redirectTo.";
      }) cfg.sites
      ++ [
        {
          assertion = tlsSites == { } || cfg.email != null;
          message = "vps.services.web.email: certificates need an address for their warnings. Set it, or tls = false for ${lib.concatStringsSep ", " (lib.attrNames tlsSites)}.";
        }
      ];

    # A fixed id, because the certificates on the volume belong to it (nixpkgs gives it whichever is free).
    users.users = lib.mkIf (tlsSites != { }) { acme.uid = 380; };
    users.groups = lib.mkIf (tlsSites != { }) { acme.gid = 380; };
    security.acme = lib.mkIf (tlsSites != { }) {
      acceptTerms = true;
      defaults.email = cfg.email;
    };
    vps.storage.binds.acme = lib.mkIf (tlsSites != { } && onVolume config.vps.storage.stateDir) {
      target = "/var/lib/acme";
      user = "acme";
      group = "acme";
    };

    services.nginx = {
      enable = true;
      recommendedGzipSettings = true;
      recommendedOptimisation = true;
      recommendedProxySettings = true;
      recommendedTlsSettings = true;
      # What nobody has named is not answered.
      virtualHosts = {
        "_" = {
          default = true;
          rejectSSL = true;
          locations."/".return = "444";
        };
      }
      // lib.mapAttrs (_: site: {
        forceSSL = site.tls;
        enableACME = site.tls;
        root = lib.mkIf (site.root != null) site.root;
        globalRedirect = site.redirectTo;
        locations."/".proxyPass = lib.mkIf (site.proxyTo != null) site.proxyTo;
        locations."/".proxyWebsockets = lib.mkIf (site.proxyTo != null) true;
      }) cfg.sites;
    };
    # Homes are hidden from nginx by default, and the sites' files are on the volume at /home.
    systemd.services.nginx.serviceConfig.ProtectHome = lib.mkIf (lib.any (
      site: site.root != null && lib.hasPrefix "/home" site.root
    ) (lib.attrValues cfg.sites)) (lib.mkForce "read-only");
    systemd.services.nginx.unitConfig.RequiresMountsFor = lib.filter (root: root != null) (
      lib.mapAttrsToList (_: site: site.root) cfg.sites
    );

    vps.security.firewall.ports = lib.mkMerge [
      (lib.mkIf (tlsSites != { }) { https.port = 443; })
      # For the proof of ownership, and to lead visitors to HTTPS.
      (lib.mkIf (cfg.sites != { }) { http.port = 80; })
    ];
    vps.backup.paths = lib.filter (root: root != null) (lib.mapAttrsToList (_: site: site.root) cfg.sites);
    vps.health.web = "${lib.getExe pkgs.curl} --silent --max-time 5 --output /dev/null http://127.0.0.1:80/ || [ $? -eq 52 ]";
  };
}
