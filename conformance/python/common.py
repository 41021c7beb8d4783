"""What several chapters need."""

from hcloud import Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import BoundServer

from harness import done

HERE = Location("fsn1")
NOW = "2026-11-21T10:00:00+00:00"
EARLIER = "2026-11-21T09:00:00+00:00"


def new_server(client: Client, name: str, **more) -> BoundServer:
    """A server that runs, or is off with `start_after_create=False`."""
    made = client.servers.create(name, ServerType("cx23"), Image(name="debian-13"), location=more.pop("location", HERE), **more)
    done(made.action, *made.next_actions)
    return client.servers.get_by_id(made.server.id)


def delete_server(server: BoundServer) -> None:
    done(server.delete())
