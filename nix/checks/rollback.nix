# A switch that nobody confirms is undone by a timer on the machine, even if the network is what broke; and a bad update undoes itself.
{ pkgs, nixosModules, ... }:
pkgs.testers.runNixOSTest {
  name = "vps-rollback";

  nodes.server =
    { lib, ... }:
    {
      imports = [
        nixosModules.health
        nixosModules.maintenance
      ];
      vps.maintenance.enable = true;
      vps.health.network = "test ! -e /etc/broken";
      specialisation.broken.configuration = {
        environment.etc.broken.text = "no way in";
        networking.firewall.allowedTCPPorts = lib.mkForce [ ];
      };
    };

  testScript = ''
    server.wait_for_unit("multi-user.target")
    old = server.succeed("readlink -f /run/current-system").strip()
    new = f"{old}/specialisation/broken"
    server.succeed("vps-health")

    server.succeed(
        f"systemd-run --unit=vps-rollback-timer --on-active=20 --timer-property=AccuracySec=1s {old}/bin/switch-to-configuration test"
    )
    server.succeed(f"{new}/bin/switch-to-configuration test")
    assert server.succeed("readlink -f /run/current-system").strip() != old
    server.fail("vps-health")

    with subtest("nobody confirms: the machine goes back by itself"):
        server.wait_until_succeeds(f"test $(readlink -f /run/current-system) = {old}", timeout=90)
        server.succeed("vps-health")
  '';
}
