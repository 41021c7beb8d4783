# LUKS beneath a volume's file system. With a key file, which lies on the root disk, the machine opens the volume at each boot by itself; without
# one somebody gives the passphrase to the initrd. Either way nothing here formats: a volume is initialised once, by command.
# Imported by volumes.nix, which has the rest of a volume.
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
  encrypted = lib.filter (volume: volume.encrypted) (lib.attrValues cfg.volumes);
  opensItself = volume: volume.encrypted && volume.keyFile != null;
  keyed = lib.filter opensItself encrypted;
  asked = lib.filter (volume: volume.keyFile == null) encrypted;

  # What the initrd mounts is opened there, and whoever gives a passphrase gives it to the initrd. All else is opened by the system itself,
  # also when it comes to a machine that runs.
  mountedEarly = volume: utils.fsNeededForBoot config.fileSystems.${volume.mountPoint};
  early = lib.filter mountedEarly keyed ++ asked;
  late = lib.filter (volume: !mountedEarly volume) keyed;

  # `luks`, or a blank volume might be taken for a plain one. No discards: which blocks are free is told by nobody's volume.
  earlyOptions =
    volume:
    if volume.keyFile == null then
      # systemd keeps a passphrase for the next disk, so one passphrase is typed once.
      lib.optionals (!volume.store) [
        "nofail"
        "x-systemd.device-timeout=15s"
      ]
    else
      [
        "luks"
        # The file system of the volume is what the boot requires and waits for. Without this, cryptsetup.target would wait for the root file
        # system as well, and a root on ZFS waits for that target: neither would ever come.
        "nofail"
        "x-systemd.device-timeout=120s"
      ];
  # `headless`: a machine that runs has nobody at its console, and a question there would never end.
  lateLine =
    volume:
    "${volume.mapperName} ${volume.device} ${volume.keyFile} luks,nofail,headless=true,x-systemd.device-timeout=15s\n";

  volumeType = types.submodule (
    { name, config, ... }:
    {
      options = {
        encrypted = mkOption {
          type = types.bool;
          default = false;
          description = "LUKS beneath the file system. Such a volume is initialised once, by `npx vps volume initialise`; nothing else formats it.";
        };

        keyFile = mkOption {
          type = types.nullOr (
            types.strMatching "/[A-Za-z0-9._/-]+"
            // {
              description = "absolute path of letters, digits, dots, dashes and underscores";
            }
          );
          default = null;
          example = "/etc/secrets/volumes/home";
          description = "File on the root disk with exactly the passphrase, without a newline at its end: with it the machine opens the volume at each boot by itself. Null: the passphrase is asked for at each boot, see `vps.storage.unlock`. From the facts: `/etc/secrets/volumes/<name>`.";
        };

        mapperName = mkOption {
          type = types.str;
          internal = true;
          readOnly = true;
          default = "volume-${name}";
          description = "Name below /dev/mapper of the opened volume.";
        };

        blockDevice = mkOption {
          type = types.str;
          internal = true;
          readOnly = true;
          default = if config.encrypted then "/dev/mapper/${config.mapperName}" else config.device;
          description = "What carries the file system.";
        };
      };
    }
  );
in
{
  imports = [ ./unlock.nix ];

  options.vps.storage.volumes = mkOption { type = types.attrsOf volumeType; };

  config = lib.mkIf (cfg.volumes != { }) {
    assertions = lib.concatMap (
      volume:
      let
        at = "vps.storage.volumes.${volume.name}";
        file = volume.keyFile;
        below = folder: lib.hasPrefix "${folder}/" file;
      in
      lib.optionals (file != null) [
        {
          assertion = volume.encrypted;
          message = "${at}.keyFile: ${file} is the key of a volume that is not encrypted. Set encrypted = true, or leave the key out.";
        }
        {
          assertion = !below builtins.storeDir;
          message = "${at}.keyFile: ${file} is in the Nix store, which everyone can read. Put it on the root disk outside of it, as /etc/secrets/volumes/${volume.name}, and name that path in quotes.";
        }
        {
          assertion = !lib.any below ([ "/nix" ] ++ map (other: other.mountPoint) (lib.attrValues cfg.volumes));
          message = "${at}.keyFile: ${file} lies on a volume, which may not be open yet when the key is wanted. Put it on the root disk, as /etc/secrets/volumes/${volume.name}.";
        }
        {
          assertion =
            !lib.any below [
              "/tmp"
              "/run"
              "/dev"
              "/proc"
              "/sys"
            ];
          message = "${at}.keyFile: ${file} is gone after the next boot. Put it where it stays, as /etc/secrets/volumes/${volume.name}.";
        }
        {
          assertion = below "/etc" -> !config.system.etc.overlay.enable;
          message = "${at}.keyFile: with system.etc.overlay.enable what the root disk has at ${file} is hidden. Put it outside /etc, as /var/lib/secrets/${volume.name}.";
        }
      ]
    ) (lib.attrValues cfg.volumes);

    boot.initrd.systemd.enable = lib.mkIf (early != [ ]) true;
    boot.initrd.luks.devices = lib.listToAttrs (
      map (
        volume:
        lib.nameValuePair volume.mapperName {
          inherit (volume) device;
          # systemd reads from the path that the root disk is mounted before the file is looked for.
          keyFile = if volume.keyFile == null then null else "/sysroot${volume.keyFile}";
          crypttabExtraOpts = earlyOptions volume;
        }
      ) early
    );
    environment.etc.crypttab = lib.mkIf (late != [ ]) {
      text = lib.concatMapStrings lateLine late;
    };

    # On every machine that has volumes: the first encrypted one is opened before there is a system that knows of it.
    environment.systemPackages = [ pkgs.cryptsetup ];

    # Whoever may read the key may read the volume.
    systemd.tmpfiles.rules = map (volume: "z ${volume.keyFile} 0600 root root -") keyed;

    vps.storage.unlock.enable = lib.mkIf (asked != [ ]) (lib.mkDefault true);
  };
}
