# Settings that must be refused, each with the words that a person is to read. `facts` changes the example's facts, `settings` the system.
{ lib, pkgs }:
let
  volume =
    name: id: mountPoint: more:
    {
      inherit name id mountPoint;
      device = "/dev/disk/by-id/scsi-0HC_Volume_${toString id}";
      store = false;
      encrypted = false;
    }
    // more;
  withVolumes = volumes: facts: facts // { storage = facts.storage // { inherit volumes; }; };
  store.store = true;
in
{
  "the store on a volume that is not at /home" = {
    facts = withVolumes [ (volume "data" 1 "/srv" store) ];
    says = "a volume with the store is mounted at /home or at /nix, not at /srv";
  };
  "two volumes at one mount point" = {
    facts = withVolumes [
      (volume "a" 1 "/home" { })
      (volume "b" 2 "/home" { })
    ];
    says = "two volumes are mounted at /home";
  };
  "two volumes of one name" = {
    facts = withVolumes [
      (volume "a" 1 "/home" { })
      (volume "a" 2 "/srv" { })
    ];
    says = "two volumes have one name";
  };
  "one volume named twice" = {
    facts = withVolumes [
      (volume "a" 1 "/home" { })
      (volume "b" 1 "/srv" { })
    ];
    says = "is named twice";
  };
  "two stores" = {
    facts = withVolumes [
      (volume "a" 1 "/home" store)
      (volume "b" 2 "/nix" store)
    ];
    says = "both have store = true";
  };
  "/nix without store" = {
    facts = withVolumes [ (volume "a" 1 "/nix" { }) ];
    says = "whatever is mounted at /nix is the store";
  };
  "a volume over the system" = {
    facts = withVolumes [ (volume "a" 1 "/etc" { }) ];
    says = "/etc belongs to the system on the root disk";
  };
  "a volume by a name that changes" = {
    settings.vps.storage.volumes.home.device = lib.mkForce "/dev/sdb";
    says = "/dev/sdb may be another disk after the next boot";
  };
  "the root disk by a name that changes" = {
    settings.vps.storage.root.device = lib.mkForce "/dev/sda";
    says = "/dev/sda may be another disk after the next boot, and the installer wipes it";
  };
  "a volume as the root disk" = {
    settings.vps.storage.root.device = lib.mkForce "/dev/disk/by-id/scsi-0HC_Volume_1";
    says = "is a Hetzner volume, and the installer would wipe it";
  };
  "LUKS without a path for the key" = {
    settings.vps.storage.root = {
      encrypted = lib.mkForce true;
      keyFile = null;
    };
    says = "the installer needs the passphrase";
  };
  "LUKS with its key in the store" = {
    settings.vps.storage.root = {
      encrypted = lib.mkForce true;
      keyFile = "${pkgs.writeText "key" "secret"}";
    };
    says = "must be an absolute path outside the Nix store";
  };
  "a key for a volume that is not encrypted" = {
    settings.vps.storage.volumes.home.keyFile = lib.mkForce "/etc/secrets/volumes/home";
    says = "is the key of a volume that is not encrypted";
  };
  "the key of a volume in the store" = {
    settings.vps.storage.volumes.home = {
      encrypted = lib.mkForce true;
      keyFile = "${pkgs.writeText "key" "secret"}";
    };
    says = "is in the Nix store, which everyone can read";
  };
  "the key of a volume on that volume" = {
    settings.vps.storage.volumes.home = {
      encrypted = lib.mkForce true;
      keyFile = "/home/.key";
    };
    says = "lies on a volume, which may not be open yet";
  };
  "the key of a volume where every boot begins anew" = {
    settings.vps.storage.volumes.home = {
      encrypted = lib.mkForce true;
      keyFile = "/run/secrets/home";
    };
    says = "is gone after the next boot";
  };
  "the key of a volume below an /etc that is laid over" = {
    settings = {
      system.etc.overlay.enable = true;
      vps.storage.volumes.home = {
        encrypted = lib.mkForce true;
        keyFile = "/etc/secrets/volumes/home";
      };
    };
    says = "is hidden. Put it outside /etc";
  };
  "LUKS that nobody can unlock" = {
    settings.vps.storage = {
      root.encrypted = lib.mkForce true;
      unlock.authorizedKeys = lib.mkForce [ ];
    };
    says = "nobody could give the passphrase";
  };
  "unlocking on the system's ssh port" = {
    settings.vps.storage.unlock = {
      enable = true;
      port = 2222;
    };
    says = "2222 is also the system's ssh port";
  };
  "unlocking with the system's host key" = {
    settings.vps.storage.unlock = {
      enable = true;
      hostKey = "/etc/ssh/ssh_host_ed25519_key";
    };
    says = "is the system's own host key";
  };
  "no ssh key for anyone" = {
    settings.vps.users = {
      admin.keys = lib.mkForce [ ];
      root.keys = lib.mkForce [ ];
    };
    says = "nobody could log in, for there is no ssh key at all";
  };
  "a private key among the public ones" = {
    settings.vps.users.admin.keys = [ "-----BEGIN OPENSSH PRIVATE KEY-----" ];
    says = "one of the keys is a private key";
  };
  "sudo that asks for a password nobody has" = {
    settings.vps.security.sudo.askPassword = true;
    says = "no member of wheel has a password";
  };
  "an ARM server with a BIOS" = {
    facts = facts: facts // { system = "aarch64-linux"; };
    says = "Hetzner's ARM servers start by UEFI only";
  };
  "an IPv6 address with a prefix length" = {
    settings.vps.network.ipv6 = lib.mkForce "2001:db8::1/64";
    says = "has a prefix length";
  };
  "Docker's data on a volume that is not there" = {
    facts = withVolumes [ ];
    settings.vps.services.docker.enable = true;
    says = "/home/docker is not on a volume";
  };
  "a database without a volume" = {
    facts = withVolumes [ ];
    settings.vps.services.postgresql.enable = true;
    says = "/home/postgresql is not on a volume";
  };
  "an upgrade from a newer database" = {
    settings.vps.services.postgresql = {
      enable = true;
      upgradeFrom = pkgs.postgresql_18;
    };
    says = "version 18 is not older than 17";
  };
  "monitoring whose figures would be lost" = {
    facts = withVolumes [ ];
    settings.vps.services.monitoring = {
      enable = true;
      mode = "full";
    };
    says = "figures and dashboards would be lost with the server";
  };
  "OpenClaw without a volume" = {
    facts = withVolumes [ ];
    settings.vps.services.openclaw.enable = true;
    says = "/home/openclaw is not on a volume";
  };
  "the configuration's copy without a volume" = {
    facts = withVolumes [ ];
    settings.vps.configuration.keep = "copy";
    says = "/home/.nixos is not on a volume";
  };
  "a site that is two things" = {
    settings.vps.services.web = {
      enable = true;
      email = "a@example.org";
      sites."example.org" = {
        root = "/home/www";
        proxyTo = "http://127.0.0.1:1";
      };
    };
    says = "set exactly one of root, proxyTo and redirectTo";
  };
  "certificates without an address" = {
    settings.vps.services.web = {
      enable = true;
      sites."example.org".root = "/home/www";
    };
    says = "certificates need an address for their warnings";
  };
  "secrets without a file" = {
    settings.vps.services.secrets.enable = true;
    says = "there is nothing to decrypt";
  };
  "a backup to nowhere" = {
    settings.vps.backup.enable = true;
    says = "say where the backup goes";
  };
  "a backup with its password in the store" = {
    settings.vps.backup = {
      enable = true;
      repository = "/backup";
      paths = [ "/home" ];
      passwordFile = "${pkgs.writeText "password" "secret"}";
    };
    says = "a password in the Nix store can be read by everyone";
  };
  "updates from two places" = {
    settings.vps.security.updates = {
      enable = true;
      git = "https://example.org/machines";
      inputs = [ "nixpkgs" ];
    };
    says = "set either git or inputs";
  };
  "a reboot at night that waits for a passphrase" = {
    settings.vps.storage.root.encrypted = lib.mkForce true;
    settings.vps.security.updates = {
      enable = true;
      rebootWindow = "02:00-04:00";
    };
    says = "it would wait for a passphrase";
  };
  "snapshots without ZFS" = {
    settings.vps.maintenance.snapshots = [ "rpool" ];
    says = "there is no ZFS on this machine";
  };
  "a home for nobody" = {
    settings.vps.home = {
      enable = true;
      users.nobody-here = { };
    };
    says = "there is no such user";
  };
  "bans without a firewall" = {
    settings = {
      vps.security.fail2ban.enable = true;
      vps.security.firewall.enable = false;
      networking.firewall.enable = false;
      vps.insecure.noFirewall = true;
    };
    says = "a ban is a firewall rule, and the firewall is off";
  };
  "passwords over ssh by another way" = {
    settings.services.openssh.settings.PasswordAuthentication = lib.mkForce true;
    says = "set vps.insecure.sshPasswords = true if you mean it";
  };
  "a port that nobody asked for" = {
    settings.networking.firewall.allowedTCPPorts = [ 8080 ];
    says = "ports that no service has asked for in vps.security.firewall.ports (8080)";
  };
  "the firewall off without a word" = {
    settings.networking.firewall.enable = lib.mkForce false;
    says = "set vps.insecure.noFirewall = true";
  };
  "root rights by the group docker" = {
    settings = {
      vps.services.docker.enable = true;
      users.users.qwe.extraGroups = [ "docker" ];
    };
    says = "set vps.insecure.dockerGroup = true";
  };
}
