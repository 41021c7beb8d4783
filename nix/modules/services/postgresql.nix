# PostgreSQL whose data outlives the server: on the machine's volume, one folder a major version, dumped before every backup.
# nixpkgs pins the owner's uid and waits for the mount, so this need not.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.vps.services.postgresql;
  onVolume = import ../../lib/on-volume.nix { inherit lib; } config;
  new = cfg.package;
  old = cfg.upgradeFrom;
  dataOf = package: "${cfg.folder}/${package.psqlSchema}";
in
{
  imports = [
    ../base/health.nix
    ../maintenance/backup.nix
  ];

  options.vps.services.postgresql = {
    enable = lib.mkEnableOption "PostgreSQL with its data on the machine's volume";

    package = lib.mkPackageOption pkgs "postgresql_17" {
      extraDescription = "Stays as it is until you change it: a new major version cannot read the old one's files.";
    };

    upgradeFrom = lib.mkOption {
      type = lib.types.nullOr lib.types.package;
      default = null;
      example = lib.literalExpression "pkgs.postgresql_16";
      description = "The major version before `package`. Its data is copied into the new version's folder at the next start; the old folder stays until you delete it.";
    };

    folder = lib.mkOption {
      type = lib.types.path;
      default = "/home/postgresql";
      description = "Where the clusters live, one folder a major version, so that an upgrade never overwrites.";
    };

    databases = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "shop" ];
      description = "Databases to make, each owned by a role (and thus usable by a local user) of the same name.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = onVolume cfg.folder || !lib.hasPrefix "/home" cfg.folder;
        message = "vps.services.postgresql: ${cfg.folder} is not on a volume, so the data would be lost with the server. Give the machine a volume at /home, or set folder.";
      }
      {
        assertion = old == null || lib.versionOlder old.psqlSchema new.psqlSchema;
        message = "vps.services.postgresql.upgradeFrom: version ${toString (old.psqlSchema or "")} is not older than ${new.psqlSchema}. Name the version whose data is to be taken over, or null.";
      }
    ];

    services.postgresql = {
      enable = true;
      package = new;
      dataDir = dataOf new;
      ensureDatabases = cfg.databases;
      ensureUsers = map (name: {
        inherit name;
        ensureDBOwnership = true;
      }) cfg.databases;
    };

    systemd.tmpfiles.settings."10-postgresql" = lib.genAttrs [ cfg.folder (dataOf new) ] (_: {
      d = {
        user = "postgres";
        group = "postgres";
        mode = "0700";
      };
    });

    systemd.services.postgresql-upgrade = lib.mkIf (old != null) {
      description = "PostgreSQL ${old.psqlSchema} to ${new.psqlSchema}";
      requiredBy = [ "postgresql.service" ];
      before = [ "postgresql.service" ];
      unitConfig = {
        RequiresMountsFor = cfg.folder;
        # Done once: from then on there is a cluster of the new version.
        ConditionPathExists = [
          "!${dataOf new}/PG_VERSION"
          "${dataOf old}/PG_VERSION"
        ];
      };
      serviceConfig = {
        Type = "oneshot";
        User = "postgres";
        Group = "postgres";
        WorkingDirectory = cfg.folder;
        TimeoutStartSec = "infinity";
      };
      # Into a folder of its own first: an upgrade that is cut off leaves nothing that looks finished.
      script = ''
        next=${cfg.folder}/upgrade
        rm -rf "$next"
        ${lib.getExe' new "initdb"} -U postgres -D "$next"
        ${lib.getExe' new "pg_upgrade"} -U postgres -b ${old}/bin -B ${new}/bin -d ${dataOf old} -D "$next"
        rmdir ${dataOf new} 2>/dev/null || true
        mv -T "$next" ${dataOf new}
      '';
    };

    vps.backup.prepare.postgresql = "${lib.getExe' pkgs.util-linux "runuser"} -u postgres -- ${lib.getExe' new "pg_dumpall"} --clean | ${lib.getExe pkgs.zstd} -q -f -o ${cfg.folder}/dump.sql.zst";
    vps.backup.paths = [ "${cfg.folder}/dump.sql.zst" ];
    # The files of a running cluster are no backup; the dump is.
    vps.backup.exclude = [ (dataOf new) ];
    vps.health.postgresql = "${lib.getExe' new "pg_isready"} -q";
  };
}
