from hcloud import Client
from hcloud.networks.domain import NetworkRoute, NetworkSubnet

from common import delete_server, new_server
from harness import chapter, done, has_actions, lists, refused


@chapter
def networks(client: Client) -> None:
    first = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")
    second = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.2.0/24")
    network = client.networks.create("network", "10.0.0.0/16", subnets=[first], labels={"of": "me"}, expose_routes_to_vswitch=False)
    other = client.networks.create("other", "10.1.0.0/16", labels={"of": "me"})
    lists(client.networks, [network, other], "of=me")
    refused("uniqueness_error", lambda: client.networks.create("network", "10.2.0.0/16"))
    assert other.delete()

    done(network.add_subnet(second))
    done(network.add_route(NetworkRoute(destination="10.100.0.0/16", gateway="10.0.1.1")))
    network.reload()
    assert {each.ip_range for each in network.subnets} == {"10.0.1.0/24", "10.0.2.0/24"}
    assert [(each.destination, each.gateway) for each in network.routes] == [("10.100.0.0/16", "10.0.1.1")]
    server = new_server(client, "server")
    done(server.attach_to_network(network, ip="10.0.1.7", alias_ips=["10.0.1.8"]))
    net = client.servers.get_by_id(server.id).private_net[0]
    assert (net.ip, net.alias_ips, net.network.id) == ("10.0.1.7", ["10.0.1.8"], network.id)
    refused("server_already_attached", lambda: server.attach_to_network(network))
    done(server.change_alias_ips(network, alias_ips=["10.0.1.9", "10.0.1.10"]))
    assert client.servers.get_by_id(server.id).private_net[0].alias_ips == ["10.0.1.9", "10.0.1.10"]
    assert [each.id for each in client.networks.get_by_id(network.id).servers] == [server.id]
    done(server.detach_from_network(network))
    assert client.servers.get_by_id(server.id).private_net == []

    done(network.delete_route(NetworkRoute(destination="10.100.0.0/16", gateway="10.0.1.1")), network.delete_subnet(second))
    done(network.change_ip_range("10.0.0.0/12"))
    network.reload()
    assert (network.ip_range, network.routes, len(network.subnets)) == ("10.0.0.0/12", [], 1)
    assert network.update(name="renamed", labels={}, expose_routes_to_vswitch=True).expose_routes_to_vswitch
    has_actions(client.networks, network, "add_subnet", "add_route", "delete_route", "delete_subnet", "change_ip_range")

    done(network.change_protection(delete=True))
    refused("protected", network.delete)
    done(network.change_protection(delete=False))
    assert network.delete()
    refused("not_found", lambda: client.networks.get_by_id(network.id))
    delete_server(server)


@chapter
def network_members(client: Client) -> None:
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")
    network = client.networks.create("with-members", "10.0.0.0/16", subnets=[subnet])
    server = new_server(client, "member", networks=[network])
    try:
        members = client.networks.get_member_all(network, type=["server"], status=["ok"])
        assert [(each.type, each.id) for each in members] == [("server", server.id)]
        assert len(client.networks.get_member_list(network, subnet=["10.0.1.0/24"], page=1, per_page=1).members) == 1
    finally:
        delete_server(server)
        network.delete()
