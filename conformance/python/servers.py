from hcloud import Client
from hcloud.firewalls.domain import FirewallRule
from hcloud.images import Image
from hcloud.networks.domain import NetworkSubnet
from hcloud.placement_groups.domain import PlacementGroup
from hcloud.server_types import ServerType
from hcloud.servers.domain import ServerCreatePublicNetwork

from common import EARLIER, HERE, NOW, delete_server, new_server
from harness import chapter, done, has_actions, lists, refused
from ssh_keys import KEY


@chapter
def server_with_everything(client: Client) -> None:
    key = client.ssh_keys.create("key", KEY)
    network = client.networks.create(
        "network", "10.0.0.0/16", subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")]
    )
    firewall = client.firewalls.create("firewall", rules=[FirewallRule("in", "tcp", ["0.0.0.0/0"], port="22")]).firewall
    group = client.placement_groups.create("group", "spread").placement_group
    address = client.primary_ips.create(type="ipv4", name="address", location=HERE).primary_ip
    volume = client.volumes.create(10, "volume", location=HERE, format="ext4")
    done(volume.action)
    server = new_server(
        client,
        "server",
        ssh_keys=[key],
        volumes=[volume.volume],
        firewalls=[firewall],
        networks=[network],
        placement_group=group,
        public_net=ServerCreatePublicNetwork(ipv4=address, enable_ipv6=False),
        user_data="#cloud-config\n{}\n",
        labels={"role": "web"},
        automount=False,
    )
    assert (server.status, server.location.name, server.server_type.name, server.image.name) == ("running", "fsn1", "cx23", "debian-13")
    assert server.public_net.ipv4.ip == address.ip and server.public_net.ipv6 is None
    assert server.private_net[0].ip == "10.0.1.1" and server.private_net[0].network.id == network.id
    assert [each.id for each in server.volumes] == [volume.volume.id]
    assert [each.firewall.id for each in server.public_net.firewalls] == [firewall.id]
    assert server.placement_group.id == group.id and server.labels == {"role": "web"}
    assert client.placement_groups.get_by_id(group.id).servers == [server.id]

    delete_server(server)
    volume.volume.reload()
    assert volume.volume.server is None
    assert client.primary_ips.get_by_id(address.id).assignee_id is None
    for each in (volume.volume, group, network, firewall, address, key):
        assert each.delete()


@chapter
def servers(client: Client) -> None:
    server = new_server(client, "one", labels={"role": "web"})
    other = new_server(client, "two", labels={"role": "web"}, start_after_create=False)
    lists(client.servers, [server, other], "role in (web,db)")
    assert [each.id for each in client.servers.get_all(status=["off"])] == [other.id]
    assert [each.id for each in client.servers.get_all(name="one")] == [server.id]
    refused("uniqueness_error", lambda: new_server(client, "one"))
    delete_server(other)

    server = server.update(name="renamed", labels={"role": "db"})
    assert (server.name, server.labels) == ("renamed", {"role": "db"})
    done(server.shutdown(), server.power_off())
    assert client.servers.get_by_id(server.id).status == "off"
    done(server.power_on(), server.reboot(), server.reset())
    assert client.servers.get_by_id(server.id).status == "running"
    password = server.reset_password()
    done(password.action)
    assert password.root_password
    console = server.request_console()
    done(console.action)
    assert console.wss_url.startswith("wss://") and console.password
    refused("server_not_stopped", lambda: server.change_type(ServerType("cx33"), upgrade_disk=False))
    done(server.power_off(), server.change_type(ServerType("cx33"), upgrade_disk=False))
    server.reload()
    assert (server.server_type.name, server.primary_disk_size) == ("cx33", 40)
    rebuilt = server.rebuild(Image(name="ubuntu-24.04"))
    done(rebuilt.action)
    server.reload()
    assert (server.image.name, rebuilt.root_password is not None) == ("ubuntu-24.04", True)
    done(server.change_dns_ptr(server.public_net.ipv4.ip, "server.example.com"))
    server.reload()
    assert server.public_net.ipv4.dns_ptr == "server.example.com"
    done(server.change_dns_ptr(server.public_net.ipv4.ip, None))
    metrics = server.get_metrics(["cpu", "disk", "network"], EARLIER, NOW, step=60).metrics
    assert {"cpu", "disk.0.iops.read", "network.0.pps.in"} <= set(metrics.time_series), sorted(metrics.time_series)
    has_actions(client.servers, server, "create_server", "shutdown_server", "change_server_type", "rebuild_server", "change_dns_ptr")
    assert client.actions.get_by_id(client.servers.get_actions(server)[0].id).status == "success"

    done(server.change_protection(delete=True, rebuild=True))
    refused("protected", server.delete)
    refused("protected", lambda: server.rebuild(Image(name="debian-13")))
    done(server.change_protection(delete=False, rebuild=False))
    delete_server(server)
    refused("not_found", lambda: client.servers.get_by_id(server.id))


@chapter
def rescue_iso_and_backups(client: Client) -> None:
    server = new_server(client, "server")
    rescue = server.enable_rescue("linux64", ssh_keys=[])
    done(rescue.action)
    assert rescue.root_password and client.servers.get_by_id(server.id).rescue_enabled
    done(server.disable_rescue())
    assert not client.servers.get_by_id(server.id).rescue_enabled

    iso = client.isos.get_all(architecture=["x86"])[0]
    done(server.attach_iso(iso))
    assert client.servers.get_by_id(server.id).iso.id == iso.id
    done(server.detach_iso())
    assert client.servers.get_by_id(server.id).iso is None

    done(server.enable_backup())
    assert client.servers.get_by_id(server.id).backup_window
    backup = server.create_image(type="backup", description="by hand")
    done(backup.action)
    assert [each.id for each in client.images.get_all(bound_to=[str(server.id)])] == [backup.image.id]
    done(server.disable_backup())
    delete_server(server)
    refused("not_found", lambda: client.images.get_by_id(backup.image.id))


@chapter
def placement_groups(client: Client) -> None:
    group = client.placement_groups.create("group", "spread", labels={"of": "me"}).placement_group
    lists(client.placement_groups, [group], "of=me")
    assert [each.id for each in client.placement_groups.get_all(sort=["name:desc"])] == [group.id]
    assert [each.id for each in client.placement_groups.get_list(type="spread").placement_groups] == [group.id]
    assert group.update(name="renamed", labels={}).name == "renamed"

    server = new_server(client, "server", start_after_create=False)
    done(server.add_to_placement_group(group))
    refused("already_in_placement_group", lambda: server.add_to_placement_group(group))
    assert client.placement_groups.get_by_id(group.id).servers == [server.id]
    done(server.remove_from_placement_group())
    assert client.servers.get_by_id(server.id).placement_group is None
    delete_server(server)
    assert group.delete()
    refused("not_found", lambda: client.placement_groups.delete(PlacementGroup(id=group.id)))
