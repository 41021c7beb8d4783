from hcloud import Client
from hcloud.zones import BoundZone
from hcloud.zones.domain import ZonePrimaryNameserver, ZoneRecord, ZoneRRSet

from harness import chapter, done, has_actions, refused

# A name is taken once for all projects: whoever needs one puts a label of its own before it.
NAME = "conformance-of-an-emulator.com"


def zonefile(zone: BoundZone) -> str:
    """One that can be imported: with a SOA record, and with the name servers that the zone was given."""
    servers = zone.authoritative_nameservers.assigned
    lines = [
        f"$ORIGIN {zone.name}.",
        "$TTL 3600",
        f"@ IN SOA {servers[0]} dns.hetzner.com. 2026112100 86400 10800 3600000 3600",
        "@ IN A 192.0.2.10",
        "www IN CNAME @",
    ]
    return "\n".join(lines + [f"@ IN NS {server}" for server in servers]) + "\n"


@chapter
def zones(client: Client) -> None:
    made = client.zones.create(
        name=NAME,
        mode="primary",
        ttl=3600,
        labels={"of": "me"},
        rrsets=[ZoneRRSet(name="www", type="A", ttl=300, records=[ZoneRecord("192.0.2.1", "first")])],
    )
    done(made.action)
    zone = client.zones.get(NAME)
    assert (zone.id, zone.mode, zone.ttl, zone.status) == (made.zone.id, "primary", 3600, "ok")
    assert zone.authoritative_nameservers.assigned and client.zones.get(zone.id).name == NAME
    assert [each.id for each in client.zones.get_all(label_selector="of=me", mode="primary", sort=["name:asc"])] == [zone.id]
    assert [each.id for each in client.zones.get_list(name=NAME, page=1, per_page=1).zones] == [zone.id]
    refused("uniqueness_error", lambda: client.zones.create(name=NAME, mode="primary"))
    assert zone.update(labels={"of": "us"}).labels == {"of": "us"}
    done(zone.change_ttl(7200))
    assert client.zones.get(zone.id).ttl == 7200
    done(zone.import_zonefile(zonefile(zone)))
    exported = zone.export_zonefile().zonefile
    assert "192.0.2.10" in exported and "CNAME" in exported, exported
    has_actions(client.zones, zone, "create_zone", "change_ttl", "import_zonefile")

    done(zone.change_protection(delete=True))
    refused("protected", zone.delete)
    done(zone.change_protection(delete=False))
    done(zone.delete().action)
    refused("not_found", lambda: client.zones.get(zone.id))


@chapter
def record_sets(client: Client) -> None:
    made = client.zones.create(name=f"records-{NAME}", mode="primary")
    done(made.action)
    zone = made.zone
    created = zone.create_rrset(name="www", type="A", ttl=300, labels={"of": "me"}, records=[ZoneRecord("192.0.2.1", "first")])
    done(created.action)
    rrset = zone.get_rrset("www", "A")
    assert (rrset.id, rrset.ttl, [(each.value, each.comment) for each in rrset.records]) == ("www/A", 300, [("192.0.2.1", "first")])
    assert [each.id for each in zone.get_rrset_all(type=["A"], label_selector="of=me", sort=["name:asc"])] == ["www/A"]
    assert [each.id for each in zone.get_rrset_list(name="www", page=1, per_page=1).rrsets] == ["www/A"]
    refused("uniqueness_error", lambda: zone.create_rrset(name="www", type="A", records=[ZoneRecord("192.0.2.9")]))
    refused("invalid_input", lambda: zone.create_rrset(name="bad", type="A", records=[ZoneRecord("no address")]))

    done(rrset.add_rrset_records([ZoneRecord("192.0.2.2")], ttl=300))
    assert {each.value for each in zone.get_rrset("www", "A").records} == {"192.0.2.1", "192.0.2.2"}
    done(rrset.update_rrset_records([ZoneRecord("192.0.2.2", "second")]))
    assert {each.comment for each in zone.get_rrset("www", "A").records} == {"first", "second"}
    done(rrset.remove_rrset_records([ZoneRecord("192.0.2.1")]))
    assert [each.value for each in zone.get_rrset("www", "A").records] == ["192.0.2.2"]
    done(rrset.set_rrset_records([ZoneRecord("192.0.2.3"), ZoneRecord("192.0.2.4")]))
    assert len(zone.get_rrset("www", "A").records) == 2
    done(rrset.change_rrset_ttl(600))
    assert rrset.update_rrset(labels={}).labels == {} and zone.get_rrset("www", "A").ttl == 600

    done(rrset.change_rrset_protection(change=True))
    refused("protected", rrset.delete_rrset)
    done(rrset.change_rrset_protection(change=False))
    done(rrset.delete_rrset().action)
    refused("not_found", lambda: zone.get_rrset("www", "A"))
    done(zone.delete().action)


@chapter
def secondary_zones(client: Client) -> None:
    first = ZonePrimaryNameserver("198.51.100.1", 53)
    made = client.zones.create(name=f"secondary-{NAME}", mode="secondary", primary_nameservers=[first])
    done(made.action)
    second = ZonePrimaryNameserver("203.0.113.1", 53, "hmac-sha256", "c2VjcmV0c2VjcmV0c2VjcmV0")
    done(made.zone.change_primary_nameservers([second]))
    assert [each.address for each in client.zones.get(made.zone.id).primary_nameservers] == ["203.0.113.1"]
    done(made.zone.delete().action)
