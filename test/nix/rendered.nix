# What the examples come to, as text that other programs read: fstab, disko's scripts, unit files, sshd's and the firewall's rules.
{ flake, lib }:
let
  systems = lib.filterAttrs (_: system: system.pkgs.stdenv.hostPlatform.isx86_64) flake.nixosConfigurations;

  # Units of ours, of what we switch on, and of what we add to; with the folders of the store's programs replaced, since none is built here.
  wanted = name: lib.hasPrefix "vps-" name || lib.hasPrefix "var-lib-" name || lib.hasPrefix "postgresql-upgrade" name;

  text =
    name: system:
    let
      inherit (system) config;
    in
    {
      facts = config.vps.facts;
      fstab = config.environment.etc.fstab.text;
      initrdFstab = config.boot.initrd.systemd.managerEnvironment.SYSTEMD_SYSROOT_FSTAB.text;
      crypttab = (config.environment.etc.crypttab or { }).text or "";
      initrdCrypttab = config.boot.initrd.systemd.contents."/etc/crypttab".source.text or "";
      unlock = config.vps.storage.unlock.enable;
      tmpfiles = config.systemd.tmpfiles.rules;
      create = config.disko.devices._create;
      mount = config.disko.devices._mount;
      diskoDisks = lib.mapAttrsToList (_: disk: disk.device) config.disko.devices.disk;
      units = lib.mapAttrs (_: unit: unit.text) (lib.filterAttrs (unit: _: wanted unit) config.systemd.units);
      kernelParams = config.boot.kernelParams;
      luks = lib.mapAttrs (_: device: device.device) config.boot.initrd.luks.devices;
      ssh = {
        inherit (config.services.openssh) ports settings authorizedKeysFiles;
        hostKeys = map (key: key.path) config.services.openssh.hostKeys;
      };
      ports = {
        tcp = config.networking.firewall.allowedTCPPorts;
        udp = config.networking.firewall.allowedUDPPorts;
      };
      nftables = lib.mapAttrs (_: table: "table ${table.family} ${table.name} {\n${table.content}\n}") (
        lib.filterAttrs (_: table: table.enable) config.networking.nftables.tables
      );
      users = lib.mapAttrs (_: user: {
        inherit (user)
          uid
          home
          extraGroups
          hashedPassword
          ;
        keys = user.openssh.authorizedKeys.keys;
        linger = user.linger == true;
      }) (lib.filterAttrs (name: user: user.isNormalUser || name == "root") config.users.users);
      health = lib.mapAttrs (_: check: check.command) config.vps.health;
      backup = config.vps.backup.paths;
      warnings = config.warnings;
      grub = config.boot.loader.grub.devices;
    };
in
lib.mapAttrs text (
  systems
  // {
    # Without key files: somebody gives the passphrases at each boot.
    asked = systems.encrypted.extendModules {
      modules = [
        {
          vps.storage.volumes.home.keyFile = null;
          vps.storage.volumes.media.keyFile = null;
        }
      ];
    };
  }
)
