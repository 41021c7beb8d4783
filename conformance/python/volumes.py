from hcloud import Client
from hcloud.locations import Location

from common import HERE, delete_server, new_server
from harness import chapter, done, has_actions, lists, refused


@chapter
def volumes(client: Client) -> None:
    made = client.volumes.create(10, "data", location=HERE, format="ext4", labels={"of": "me"})
    done(made.action, *made.next_actions)
    volume = client.volumes.get_by_id(made.volume.id)
    assert (volume.status, volume.size, volume.format, volume.server) == ("available", 10, "ext4", None)
    assert volume.linux_device == f"/dev/disk/by-id/scsi-0HC_Volume_{volume.id}"
    server = new_server(client, "server")
    with_server = client.volumes.create(12, "second", server=server, automount=False, labels={"of": "me"})
    done(with_server.action, *with_server.next_actions)
    second = client.volumes.get_by_id(with_server.volume.id)
    assert second.server.id == server.id and second.location.name == "fsn1"
    lists(client.volumes, [volume, second], "of=me")
    assert {each.id for each in client.volumes.get_all(status=["available"])} == {volume.id, second.id}
    refused("uniqueness_error", lambda: client.volumes.create(10, "data", location=HERE))
    refused("invalid_input", lambda: client.volumes.create(9, "small", location=HERE))

    done(volume.attach(server, automount=False))
    assert {each.id for each in client.servers.get_by_id(server.id).volumes} == {volume.id, second.id}
    refused("volume_already_attached", lambda: volume.attach(server))
    far = new_server(client, "far", location=Location("nbg1"))
    done(second.detach())
    refused("invalid_input", lambda: second.attach(far))
    done(volume.resize(20))
    assert client.volumes.get_by_id(volume.id).size == 20
    refused("invalid_input", lambda: volume.resize(10))
    assert (volume.update(name="renamed", labels={}).name, client.volumes.get_by_id(volume.id).labels) == ("renamed", {})
    refused(None, volume.delete)
    done(volume.detach())
    has_actions(client.volumes, volume, "create_volume", "attach_volume", "resize_volume", "detach_volume")

    done(volume.change_protection(delete=True))
    refused("protected", volume.delete)
    done(volume.change_protection(delete=False))
    assert volume.delete() and second.delete()
    refused("not_found", lambda: client.volumes.get_by_id(volume.id))
    delete_server(server)
    delete_server(far)
