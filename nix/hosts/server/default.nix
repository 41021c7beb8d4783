# A server for the public: website, database and its own monitoring, on encrypted disks.
{
  vps.services.web = {
    enable = true;
    email = "admin@example.org";
    sites."example.org".root = "/home/www/example.org";
    sites."www.example.org".redirectTo = "example.org";
    sites."grafana.example.org".proxyTo = "http://127.0.0.1:3000";
  };

  vps.services.postgresql = {
    enable = true;
    databases = [ "shop" ];
  };

  vps.services.monitoring = {
    enable = true;
    mode = "full";
    domain = "grafana.example.org";
  };

  vps.backup = {
    enable = true;
    repository = "sftp:u1@u1.your-storagebox.de:server";
    passwordFile = "/etc/secrets/backup-password";
  };

  # No reboot window: after a reboot the disks wait for their passphrase.
  vps.security.updates.enable = true;

  system.stateVersion = "26.05";
}
