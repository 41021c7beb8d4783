from hcloud import Client

from common import HERE, delete_server, new_server
from harness import chapter, done, has_actions, lists, refused


@chapter
def primary_ips(client: Client) -> None:
    made = client.primary_ips.create(type="ipv4", name="v4", location=HERE, labels={"of": "me"}, auto_delete=False)
    done(made.action)
    four = made.primary_ip
    six = client.primary_ips.create(type="ipv6", name="v6", location=HERE, assignee_type="server", labels={"of": "me"}).primary_ip
    lists(client.primary_ips, [four, six], "of=me")
    assert [each.id for each in client.primary_ips.get_list(ip=four.ip).primary_ips] == [four.id]
    assert client.primary_ips.get_by_id(four.id).assignee_id is None

    server = new_server(client, "server")
    refused("server_not_stopped", lambda: four.assign(server.id, "server"))
    done(server.power_off())
    had = client.primary_ips.get_by_id(server.public_net.primary_ipv4.id)
    done(had.unassign())
    done(four.assign(server.id, "server"))
    assert client.servers.get_by_id(server.id).public_net.ipv4.ip == four.ip
    refused("must_be_unassigned", four.delete)
    done(four.change_dns_ptr(four.ip, "mail.example.com"))
    assert client.primary_ips.get_by_id(four.id).dns_ptr[0]["dns_ptr"] == "mail.example.com"
    renamed = four.update(name="renamed", labels={}, auto_delete=True)
    assert (renamed.name, renamed.labels, renamed.auto_delete) == ("renamed", {}, True)
    has_actions(client.primary_ips, four, "assign_primary_ip", "change_dns_ptr")

    done(six.change_protection(delete=True))
    refused("protected", six.delete)
    done(six.change_protection(delete=False))
    delete_server(server)
    refused("not_found", lambda: client.primary_ips.get_by_id(four.id))
    assert six.delete()
    if any(each.id == had.id for each in client.primary_ips.get_all()):
        assert had.delete()


@chapter
def floating_ips(client: Client) -> None:
    server = new_server(client, "server")
    made = client.floating_ips.create("ipv4", name="floating", server=server, description="service", labels={"of": "me"})
    done(made.action)
    floating = client.floating_ips.get_by_id(made.floating_ip.id)
    six = client.floating_ips.create("ipv6", name="six", home_location=HERE, labels={"of": "me"}).floating_ip
    assert floating.server.id == server.id and six.server is None and six.home_location.name == "fsn1"
    lists(client.floating_ips, [floating, six], "of=me")
    done(floating.unassign())
    assert client.floating_ips.get_by_id(floating.id).server is None
    done(floating.assign(server))
    assert [each.id for each in client.servers.get_by_id(server.id).public_net.floating_ips] == [floating.id]
    done(floating.change_dns_ptr(floating.ip, "floating.example.com"))
    assert client.floating_ips.get_by_id(floating.id).dns_ptr[0]["dns_ptr"] == "floating.example.com"
    assert floating.update(name="renamed", description="other", labels={}).description == "other"
    has_actions(client.floating_ips, floating, "unassign_floating_ip", "assign_floating_ip", "change_dns_ptr")

    done(floating.change_protection(delete=True))
    refused("protected", floating.delete)
    done(floating.change_protection(delete=False))
    refused("must_be_unassigned", floating.delete)
    done(floating.unassign())
    assert floating.delete() and six.delete()
    refused("not_found", lambda: client.floating_ips.get_by_id(floating.id))
    delete_server(server)
