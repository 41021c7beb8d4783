# Every module alone: the least that switches it on. What is missing here fails the test, so a new module cannot be forgotten.
{ pkgs }:
let
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA test";
  rootDisk = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1";
in
{
  hetzner-cloud.vps.hardware.enable = true;
  network.vps.network = {
    enable = true;
    ipv4 = "203.0.113.1";
    ipv6 = "2001:db8::1";
  };
  root.vps.storage.root = {
    enable = true;
    device = rootDisk;
  };
  volumes.vps.storage.volumes.media = {
    device = "/dev/disk/by-id/scsi-0HC_Volume_1";
    mountPoint = "/srv/media";
  };
  state.vps.storage.binds.acme.target = "/var/lib/acme";
  zfs.vps.storage.zfs.enable = true;
  unlock.vps.storage.unlock = {
    enable = true;
    authorizedKeys = [ key ];
  };
  users.vps.users = {
    enable = true;
    admin.keys = [ key ];
  };
  locale.vps.locale = {
    enable = true;
    language = "de_DE.UTF-8";
  };
  nix.vps.nix.enable = true;
  memory.vps.memory.enable = true;
  journal.vps.journal.enable = true;
  tools.vps.tools = {
    enable = true;
    foreignPrograms = true;
  };
  home = {
    users.users.ann = {
      isNormalUser = true;
      uid = 1001;
    };
    vps.home = {
      enable = true;
      users.ann.programs.git.enable = true;
    };
  };
  configuration.vps.configuration = {
    enable = true;
    keep = "volume";
  };
  health.vps.health.always = "true";
  ssh.vps.security.ssh.enable = true;
  firewall.vps.security.firewall.ports.https.port = 443;
  sudo.vps.security.sudo.enable = true;
  hardening.vps.security.hardening.enable = true;
  updates.vps.security.updates.enable = true;
  fail2ban.vps.security.fail2ban.enable = true;
  insecure = {
    vps.insecure = {
      refuse = true;
      mutableUsers = true;
    };
  };
  web.vps.services.web = {
    enable = true;
    email = "admin@example.org";
    sites."example.org".root = "/home/www";
  };
  postgresql.vps.services.postgresql = {
    enable = true;
    upgradeFrom = pkgs.postgresql_16;
  };
  monitoring.vps.services.monitoring = {
    enable = true;
    mode = "full";
  };
  docker.vps.services.docker.enable = true;
  openclaw.vps.services.openclaw.enable = true;
  secrets.vps.services.secrets = {
    enable = true;
    file = ./secrets.example.yaml;
    names."mail/password" = { };
  };
  backup.vps.backup = {
    enable = true;
    method = "rsync";
    repository = "backup.example.org:data";
    paths = [ "/home" ];
  };
  go-back.vps.goBack.enable = true;
  maintenance.vps.maintenance = {
    enable = true;
    packageList = "/home/.vps/packages.txt";
  };
}
