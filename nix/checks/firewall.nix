# The firewall, seen from another machine: closed but for the ports that something asked for.
{ pkgs, nixosModules, ... }:
pkgs.testers.runNixOSTest {
  name = "vps-firewall";

  nodes.server = {
    imports = [
      nixosModules.ssh
      nixosModules.web
    ];
    vps.security.ssh.enable = true;
    vps.users = {
      enable = true;
      root.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD test" ];
    };
    vps.services.web = {
      enable = true;
      sites."server" = {
        root = "${pkgs.writeTextDir "index.html" "hello"}";
        tls = false;
      };
    };
    # Listens everywhere, and has asked for no port.
    systemd.services.stray = {
      wantedBy = [ "multi-user.target" ];
      serviceConfig.ExecStart = "${pkgs.python3Minimal}/bin/python3 -m http.server 8000";
    };
  };

  nodes.client.environment.systemPackages = [
    pkgs.curl
    pkgs.netcat
  ];

  testScript = ''
    start_all()
    server.wait_for_unit("multi-user.target")
    server.wait_for_open_port(8000)
    client.wait_for_unit("network-online.target")

    client.wait_until_succeeds("curl -fsS http://server/ | grep hello")
    client.succeed("nc -z -w 3 server 2222")
    for port in [22, 8000, 9100]:
        client.fail(f"nc -z -w 3 server {port}")
    client.fail("ssh -p 2222 -o StrictHostKeyChecking=no -o PreferredAuthentications=password root@server true")
  '';
}
