from hcloud import Client
from hcloud.images import Image
from hcloud.server_types import ServerType

from harness import chapter, connect, read_only_client, refused


@chapter
def refusals(client: Client) -> None:
    refused("unauthorized", lambda: connect("x" * 64).servers.get_all())
    reader = read_only_client()
    assert reader.servers.get_all() == []
    refused("token_readonly", lambda: reader.placement_groups.create("group", "spread"))
    for resource in (client.servers, client.volumes, client.ssh_keys, client.networks, client.images):
        assert "not found" in refused("not_found", lambda: resource.get_by_id(999_999_999)).message
    error = refused("invalid_input", lambda: client.servers.create("not a host name", ServerType("cx23"), Image(name="debian-13")))
    assert [field["name"] for field in error.details["fields"]] == ["name"], error.details
    assert error.correlation_id
    refused("invalid_input", lambda: client.servers.get_all(label_selector="in in in"))
