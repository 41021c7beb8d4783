from hcloud import Client
from hcloud.locations import Location

from common import delete_server, new_server
from harness import chapter, done, has_actions, lists, refused


@chapter
def images(client: Client) -> None:
    every = client.images.get_all()
    lists(client.images, every, names=False)
    assert client.images.get_by_name("debian-13").name == "debian-13"
    assert client.images.get_by_name_and_architecture("debian-13", "arm").architecture == "arm"
    current = {each.id for each in client.images.get_all(architecture=["x86"], type=["system"], sort=["name:asc"])}
    # Not by status: the client (2.27) sends the page's size in its place.
    assert current and current <= {each.id for each in client.images.get_all(include_deprecated=True)}

    server = new_server(client, "origin")
    made = server.create_image(description="golden", labels={"of": "me"})
    done(made.action)
    snapshot = client.images.get_by_id(made.image.id)
    assert (snapshot.type, snapshot.status, snapshot.created_from.id, snapshot.name) == ("snapshot", "available", server.id, None)
    assert [each.id for each in client.images.get_all(label_selector="of=me")] == [snapshot.id]
    assert client.images.update(snapshot, description="renamed", labels={}).description == "renamed"
    copy = client.servers.create("copy", server.server_type, snapshot, location=Location("nbg1"))
    done(copy.action, *copy.next_actions)
    assert client.servers.get_by_id(copy.server.id).image.id == snapshot.id
    delete_server(copy.server)
    done(snapshot.change_protection(delete=True))
    refused("protected", snapshot.delete)
    done(client.images.change_protection(snapshot, delete=False))
    has_actions(client.images, snapshot, "change_protection")
    done(server.enable_backup())
    backup = server.create_image(type="backup")
    done(backup.action)
    assert client.images.update(backup.image, type="snapshot").type == "snapshot"
    delete_server(server)
    assert snapshot.delete() and client.images.delete(backup.image)
    refused("not_found", lambda: client.images.get_by_id(snapshot.id))
    refused("not_found", lambda: client.images.delete(snapshot))
