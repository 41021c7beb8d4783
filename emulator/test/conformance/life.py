"""Every covered resource through its whole life, with Hetzner's own Python client, unchanged.

Run as: life.py API_URL SSH_PUBLIC_KEY
"""

import sys

from hcloud import APIException, Client
from hcloud.firewalls.domain import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks.domain import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers.domain import ServerCreatePublicNetwork

url, public_key = sys.argv[1:]
client = Client(token="x" * 64, api_endpoint=url, poll_interval=0.02)
here = Location("fsn1")


def done(*actions):
    for action in actions:
        action.wait_until_finished()


# Create
key = client.ssh_keys.create("key", public_key)
assert client.ssh_keys.get_by_fingerprint(key.fingerprint).id == key.id
network = client.networks.create(
    "network", "10.0.0.0/16", subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")]
)
rule = FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0"])
made = client.firewalls.create("firewall", rules=[rule])
firewall = made.firewall
done(*made.actions)
group = client.placement_groups.create("group", "spread").placement_group
address = client.primary_ips.create(type="ipv4", name="address", location=here).primary_ip
made = client.servers.create(
    "server",
    ServerType("cx23"),
    Image(name="debian-13"),
    location=here,
    ssh_keys=[key],
    firewalls=[firewall],
    networks=[network],
    placement_group=group,
    public_net=ServerCreatePublicNetwork(ipv4=address),
    labels={"role": "web"},
)
done(made.action, *made.next_actions)
server = client.servers.get_by_name("server")
assert (server.status, server.location.name, server.server_type.name, server.image.name) == ("running", "fsn1", "cx23", "debian-13")
assert (server.public_net.ipv4.ip, server.private_net[0].ip) == (address.ip, "10.0.1.1")
assert [each.id for each in client.servers.get_all(label_selector="role in (web,db)")] == [server.id]

# Volume
made = client.volumes.create(10, "volume", location=here, format="ext4")
volume = made.volume
done(made.action)
done(volume.attach(server))
assert client.volumes.get_by_id(volume.id).server.id == server.id
done(volume.resize(20))
done(volume.detach())
volume.update(labels={"a": "b"})

# Server
done(server.shutdown(), server.power_off())
done(server.change_type(ServerType("cx33"), upgrade_disk=False))
done(server.rebuild(Image(name="ubuntu-24.04")).action)
done(server.reboot())
done(server.change_dns_ptr(server.public_net.ipv4.ip, "server.example.com"))
done(server.enable_rescue("linux64").action)
done(server.disable_rescue())
done(server.enable_backup())
done(server.disable_backup())
done(server.change_protection(delete=True, rebuild=True))
try:
    server.delete()
    raise AssertionError("a protected server was deleted")
except APIException as error:
    assert error.code == "protected", error
done(server.change_protection(delete=False, rebuild=False))
server.update(name="renamed")
server.reload()
assert (server.name, server.status, server.server_type.name, server.image.name) == ("renamed", "running", "cx33", "ubuntu-24.04")
made = server.create_image(description="golden")
snapshot = made.image
done(made.action)

# Network, floating IP, firewall
done(network.add_route(NetworkRoute(destination="10.100.0.0/16", gateway="10.0.1.1")))
done(server.detach_from_network(network))
done(server.attach_to_network(network, ip="10.0.1.7", alias_ips=["10.0.1.8"]))
made = client.floating_ips.create("ipv4", name="floating", server=server)
done(made.action)
done(made.floating_ip.unassign())
made.floating_ip.delete()
done(*firewall.set_rules([]))
selector = FirewallResource(type="label_selector", label_selector=FirewallResourceLabelSelector(selector="role=web"))
firewall.reload()
done(*firewall.apply_to_resources([selector]))
firewall.reload()
done(*firewall.remove_from_resources(firewall.applied_to))

# The catalogue, to its last page
for resource in (client.images, client.server_types, client.locations, client.isos):
    every = [each.id for each in resource.get_all()]
    assert len(every) == len(set(every)) > 0

# Delete
done(server.delete())
for each in (volume, snapshot, group, network, firewall, address, key):
    each.delete()
for resource in (client.servers, client.volumes, client.networks, client.firewalls, client.primary_ips, client.ssh_keys, client.placement_groups):
    assert resource.get_all() == [], resource
try:
    client.servers.get_by_id(server.id)
    raise AssertionError("a deleted server was found")
except APIException as error:
    assert error.code == "not_found", error
print("everything was made, changed and deleted")
