# Monitoring: one node exporter for a Prometheus elsewhere, or the whole of Prometheus, exporter and Grafana on this machine. Nothing of it
# listens to the world: Grafana is reached through ssh, or through a site of the web server.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.services.monitoring;
  full = cfg.mode == "full";
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;
  # Each needs some seconds after its start before it answers.
  answers = url: {
    command = "${lib.getExe pkgs.curl} -fsS --retry 5 --retry-delay 2 --retry-connrefused --max-time 5 -o /dev/null ${url}";
    timeout = 30;
  };
  exporter = "${cfg.listenAddress}:${toString cfg.exporterPort}";
in
{
  imports = [
    ../base/health.nix
    ../maintenance/backup.nix
    ../storage/state.nix
  ];

  options.vps.services.monitoring = {
    enable = lib.mkEnableOption "monitoring";

    mode = mkOption {
      type = types.enum [
        "exporter"
        "full"
      ];
      default = "exporter";
      description = "`exporter`: only this machine's figures, to be fetched. `full`: Prometheus and Grafana as well.";
    };

    listenAddress = mkOption {
      type = types.str;
      default = "127.0.0.1";
      description = "Address of the exporter; the machine's private one, if another machine is to fetch from it.";
    };

    exporterPort = mkOption {
      type = types.port;
      default = 9100;
      description = "Port of the exporter.";
    };

    grafanaPort = mkOption {
      type = types.port;
      default = 3000;
      description = "Port of Grafana, on this machine only.";
    };

    targets = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "10.0.0.3:9100" ];
      description = "Other machines' exporters for Prometheus.";
    };

    keep = mkOption {
      type = types.str;
      default = "30d";
      description = "How long Prometheus keeps figures.";
    };

    domain = mkOption {
      type = types.str;
      default = "localhost";
      description = "Host name under which Grafana is seen.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        services.prometheus.exporters.node = {
          enable = true;
          inherit (cfg) listenAddress;
          port = cfg.exporterPort;
          enabledCollectors = [ "systemd" ];
        };
        vps.health.node-exporter = answers "http://${exporter}/metrics";
      }
      (lib.mkIf full {
        assertions = [
          {
            assertion = onVolume config.vps.storage.stateDir;
            message = "vps.services.monitoring.mode = \"full\": ${config.vps.storage.stateDir} is not on a volume, so figures and dashboards would be lost with the server. Give the machine a volume at /home, set vps.storage.stateDir, or set mode = \"exporter\".";
          }
        ];

        services.prometheus = {
          enable = true;
          listenAddress = "127.0.0.1";
          retentionTime = cfg.keep;
          scrapeConfigs = [
            {
              job_name = "node";
              static_configs = [ { targets = [ exporter ] ++ cfg.targets; } ];
            }
          ];
        };

        services.grafana = {
          enable = true;
          settings = {
            server = {
              http_addr = "127.0.0.1";
              http_port = cfg.grafanaPort;
              inherit (cfg) domain;
            };
            analytics.reporting_enabled = false;
            users.allow_sign_up = false;
            # Both are read at start; Grafana's first password would else be admin for everybody.
            security.admin_password = "$__file{/var/lib/grafana/.admin-password}";
            security.secret_key = "$__file{/var/lib/grafana/.secret-key}";
          };
          provision = {
            enable = true;
            datasources.settings.datasources = [
              {
                name = "Prometheus";
                type = "prometheus";
                url = "http://127.0.0.1:${toString config.services.prometheus.port}";
                isDefault = true;
              }
            ];
          };
        };
        # Made on the machine, once, and kept on the volume: no secret goes through Nix.
        systemd.services.grafana.preStart = lib.mkBefore ''
          umask 077
          for secret in .admin-password .secret-key; do
            [ -s "/var/lib/grafana/$secret" ] || ${lib.getExe pkgs.openssl} rand -hex 24 > "/var/lib/grafana/$secret"
          done
        '';

        # nixpkgs fixes all ids of both but this one.
        users.groups.grafana.gid = lib.mkDefault config.users.users.grafana.uid;
        vps.storage.binds.prometheus = {
          target = "/var/lib/${config.services.prometheus.stateDir}";
          user = "prometheus";
          group = "prometheus";
          mode = "0700";
        };
        vps.storage.binds.grafana = {
          target = "/var/lib/grafana";
          user = "grafana";
          group = "grafana";
          mode = "0750";
        };

        vps.backup.paths = [ "${config.vps.storage.stateDir}/grafana" ];
        vps.health.prometheus = answers "http://127.0.0.1:${toString config.services.prometheus.port}/-/ready";
        vps.health.grafana = answers "http://127.0.0.1:${toString cfg.grafanaPort}/api/health";
      })
    ]
  );
}
