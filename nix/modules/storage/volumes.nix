# Hetzner volumes: data that outlives the server, and with `store` the Nix store too. Never in disko's list, and never formatted by a boot.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.vps.storage;
  volumes = lib.attrValues cfg.volumes;
  stores = lib.filter (volume: volume.store) volumes;
  loose = lib.filter (volume: !volume.store) volumes;

  # Where the initrd awaits a passphrase, be it another disk's, only a person's patience is the limit.
  awaitsPerson =
    cfg.root.encrypted or false || lib.any (volume: volume.encrypted && volume.keyFile == null) volumes;

  # The initrd looks for the store, so a machine without this volume cannot boot; `nofail` would only take the order away
  # (tried with systemd-fstab-generator).
  storeOptions = volume: [
    "noatime"
    "nodev"
    "x-systemd.device-timeout=${if volume.encrypted && awaitsPerson then "infinity" else "120s"}"
  ];
  # The machine must come up without this one, to be mended: by default systemd waits 90 s and then stops the boot. `nofail` would also
  # let everything else start beside the mount, so the order is given back; and a volume that comes to a running machine (a recreate
  # that kept the old server until the new one was up) is mounted when it is seen.
  looseOptions =
    volume:
    let
      opensItself = volume.encrypted && volume.keyFile != null;
      # What is seen first: a mount opens what it lies on, and what is opened without it (to be initialised, say) is not mounted yet.
      seen = if opensItself then volume.device else volume.blockDevice;
    in
    [
      "noatime"
      "nodev"
      "nofail"
      # Opening takes seconds, more with little memory; for the volume itself 15 s are waited in either case.
      "x-systemd.device-timeout=${if opensItself then "45s" else "15s"}"
      "x-systemd.before=local-fs.target"
      # Naming one wanter takes the usual one away (seen in systemd-fstab-generator's output).
      "x-systemd.wanted-by=local-fs.target"
      "x-systemd.wanted-by=${utils.escapeSystemdPath seen}.device"
    ];

  # A volume without the store comes to a system that runs already. Its installation leaves this note, and takeOver takes it away when it
  # has seen that it is the right volume and its data is on it. Before that a mount would let services write to whatever came. Not a
  # condition but an assertion: what needs the mount fails as it does without a volume, instead of writing to the root disk. A machine
  # without the note, as every one is later on, is not concerned.
  unchecked = "/var/lib/nixos-vps/volumes-unchecked";

  volumeType = types.submodule (
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          readOnly = true;
          description = "The volume's name, from the attribute.";
        };

        device = mkOption {
          type = types.str;
          example = "/dev/disk/by-id/scsi-0HC_Volume_101";
          description = "The volume as the kernel shows it, by id.";
        };

        mountPoint = mkOption {
          type = types.strMatching "/[^/[:space:]]+(/[^/[:space:]]+)*" // {
            description = "absolute path below /, without a slash at its end";
          };
          example = "/home";
          description = "Where it is mounted.";
        };

        store = mkOption {
          type = types.bool;
          default = false;
          description = "It carries `/nix` as well, so that a new server downloads nothing it had before. At `/home` the store lies in the root-owned `/home/.nix`.";
        };

        fsType = mkOption {
          type = types.enum [
            "ext4"
            "xfs"
          ];
          default = "ext4";
          description = "File system of the volume; Hetzner formats with either.";
        };
      };
    }
  );

  fileSystemsOf =
    volume:
    {
      ${volume.mountPoint} = {
        device = volume.blockDevice;
        inherit (volume) fsType;
        options = if volume.store then storeOptions volume else looseOptions volume;
        # Not inherited from the bind of /nix by NixOS (nixpkgs#287523).
        neededForBoot = volume.store;
        # Growth after `pulumi up` has made the volume bigger.
        autoResize = true;
      };
    }
    // lib.optionalAttrs (volume.store && volume.mountPoint != "/nix") {
      "/nix" = {
        device = "${volume.mountPoint}/.nix";
        fsType = "none";
        options = [ "bind" ];
        depends = [ volume.mountPoint ];
        neededForBoot = true;
      };
    };

  duplicates = values: lib.filter (value: lib.count (other: other == value) values > 1) (lib.unique values);
in
{
  imports = [
    ../base/health.nix
    ./encrypted-volumes.nix
    ./generations.nix
  ];

  options.vps.storage.volumes = mkOption {
    type = types.attrsOf volumeType;
    default = { };
    description = "The machine's volumes by name.";
  };

  config = lib.mkIf (cfg.volumes != { }) {
    assertions = [
      {
        assertion = duplicates (map (volume: volume.mountPoint) volumes) == [ ];
        message = "vps.storage.volumes: two volumes are mounted at ${toString (duplicates (map (volume: volume.mountPoint) volumes))}. Give each a mount point of its own.";
      }
      {
        assertion = duplicates (map (volume: volume.device) volumes) == [ ];
        message = "vps.storage.volumes: ${toString (duplicates (map (volume: volume.device) volumes))} is named twice. Every volume has its own id.";
      }
      {
        assertion = lib.length stores <= 1;
        message = "vps.storage.volumes: ${lib.concatMapStringsSep " and " (volume: volume.name) stores} both have store = true, and there is one /nix. Leave it at one of them.";
      }
    ]
    ++ lib.concatMap (
      volume:
      let
        at = "vps.storage.volumes.${volume.name}";
      in
      [
        {
          assertion = lib.hasPrefix "/dev/disk/by-id/" volume.device;
          message = "${at}.device: ${volume.device} may be another disk after the next boot. Use /dev/disk/by-id/scsi-0HC_Volume_<id>.";
        }
        {
          assertion =
            volume.store
            -> lib.elem volume.mountPoint [
              "/home"
              "/nix"
            ];
          message = "${at}: a volume with the store is mounted at /home or at /nix, not at ${volume.mountPoint}. Change mountPoint, or set store = false.";
        }
        {
          assertion = volume.mountPoint == "/nix" -> volume.store;
          message = "${at}: whatever is mounted at /nix is the store, and must be there to boot. Set store = true, or mount it elsewhere.";
        }
        {
          assertion =
            !lib.hasPrefix "/nix/" volume.mountPoint
            && !lib.elem volume.mountPoint [
              "/boot"
              "/etc"
              "/run"
              "/usr"
              "/var"
              "/dev"
              "/proc"
              "/sys"
            ];
          message = "${at}.mountPoint: ${volume.mountPoint} belongs to the system on the root disk. Mount data at /home, /srv or below /var.";
        }
      ]
    ) volumes;

    vps.storage.forgetGenerations = lib.mkIf (stores != [ ]) (lib.mkDefault true);

    # Merged by `//`, so that two volumes at one place reach the assertion above and not a conflict of definitions.
    fileSystems = lib.mergeAttrsList (map fileSystemsOf volumes);

    # Beside the mount that systemd makes from the fstab.
    systemd.units = lib.listToAttrs (
      map (
        volume:
        lib.nameValuePair "${utils.escapeSystemdPath volume.mountPoint}.mount" {
          overrideStrategy = "asDropin";
          text = ''
            [Unit]
            AssertPathExists=!${unchecked}
          '';
        }
      ) loose
    );

    # NixOS makes homes in the initrd, before a loose volume is there: what it made lies hidden on the root disk. So the rules run again
    # when the volume has come late, and then whatever was waiting for it starts.
    systemd.services = lib.mkMerge (
      map (
        volume:
        let
          mount = "${utils.escapeSystemdPath volume.mountPoint}.mount";
        in
        {
          "vps-arrived-${volume.name}" = {
            description = "Directories and services for the volume ${volume.name}";
            bindsTo = [ mount ];
            after = [ mount ];
            wantedBy = [ mount ];
            serviceConfig = {
              Type = "oneshot";
              RemainAfterExit = true;
              # As systemd's own unit has it: one rule that cannot be followed must not stop the rest.
              SuccessExitStatus = "DATAERR CANTCREAT";
              ExecStart = [
                "${config.systemd.package}/bin/systemd-tmpfiles --create --prefix=${volume.mountPoint}"
                "${config.systemd.package}/bin/systemctl start --no-block default.target"
              ];
            };
          };
        }
      ) loose
    );

    vps.health = lib.mapAttrs' (
      name: volume:
      lib.nameValuePair "volume-${name}" "${lib.getExe' pkgs.util-linux "mountpoint"} -q ${volume.mountPoint}"
    ) cfg.volumes;
  };
}
