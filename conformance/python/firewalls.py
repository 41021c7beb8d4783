from hcloud import Client
from hcloud.firewalls.domain import FirewallResource, FirewallResourceLabelSelector, FirewallRule

from common import delete_server, new_server
from harness import chapter, done, has_actions, lists, refused


@chapter
def firewalls(client: Client) -> None:
    ssh = FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0", "::/0"], description="ssh")
    ping = FirewallRule(direction="out", protocol="icmp", source_ips=[], destination_ips=["0.0.0.0/0"])
    server = new_server(client, "server", labels={"role": "web"})
    made = client.firewalls.create("firewall", rules=[ssh], labels={"of": "me"}, resources=[FirewallResource("server", server=server)])
    done(*made.actions)
    firewall = client.firewalls.get_by_id(made.firewall.id)
    assert [each.server.id for each in firewall.applied_to] == [server.id]
    assert [(each.direction, each.protocol, each.port) for each in firewall.rules] == [("in", "tcp", "22")]
    lists(client.firewalls, [firewall], "of=me")
    assert [each.id for each in client.firewalls.get_all(name="firewall", sort=["name:asc"])] == [firewall.id]
    refused("uniqueness_error", lambda: client.firewalls.create("firewall"))

    done(*firewall.set_rules([ssh, ping]))
    assert len(client.firewalls.get_by_id(firewall.id).rules) == 2
    refused("resource_in_use", firewall.delete)
    done(*firewall.remove_from_resources(firewall.applied_to))
    selector = FirewallResource("label_selector", label_selector=FirewallResourceLabelSelector(selector="role=web"))
    done(*firewall.apply_to_resources([selector]))
    firewall.reload()
    assert [each.label_selector.selector for each in firewall.applied_to] == ["role=web"]
    assert [each.server.id for each in firewall.applied_to[0].applied_to_resources] == [server.id]
    assert [each.firewall.id for each in client.servers.get_by_id(server.id).public_net.firewalls] == [firewall.id]
    done(*firewall.remove_from_resources([selector]))
    assert firewall.update(name="renamed", labels={}).name == "renamed"
    has_actions(client.firewalls, firewall, "set_firewall_rules", "apply_firewall", "remove_firewall")

    assert firewall.delete()
    refused("not_found", lambda: client.firewalls.get_by_id(firewall.id))
    delete_server(server)
