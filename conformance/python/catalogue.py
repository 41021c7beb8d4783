from hcloud import Client

from harness import chapter, lists, refused


@chapter
def locations(client: Client) -> None:
    every = client.locations.get_all()
    lists(client.locations, every)
    assert {"fsn1", "nbg1", "hel1", "ash", "hil", "sin"} <= {each.name for each in every}
    assert {each.network_zone for each in every} >= {"eu-central", "us-east", "us-west", "ap-southeast"}


@chapter
def server_types(client: Client) -> None:
    every = client.server_types.get_all()
    lists(client.server_types, every)
    for each in every:
        assert each.architecture in ("x86", "arm") and each.cores > 0 and each.memory > 0 and each.disk > 0 and each.prices, each.name
        assert each.locations and all(place.location.name for place in each.locations), each.name


@chapter
def isos(client: Client) -> None:
    every = client.isos.get_all()
    lists(client.isos, every)
    arm = client.isos.get_all(architecture=["arm"])
    assert all(each.architecture == "arm" for each in arm)
    both = client.isos.get_all(architecture=["arm"], include_architecture_wildcard=True)
    assert all(each.architecture in ("arm", None) for each in both) and len(both) >= len(arm)


@chapter
def load_balancer_types(client: Client) -> None:
    every = client.load_balancer_types.get_all()
    lists(client.load_balancer_types, every)
    assert {"lb11", "lb21", "lb31"} <= {each.name for each in every}
    assert all(each.max_services and each.max_targets and each.prices for each in every)


@chapter
def datacenters_are_gone(client: Client) -> None:
    refused("deprecated_api_endpoint", lambda: client.datacenters.get_all())
    refused("deprecated_api_endpoint", lambda: client.datacenters.get_list())
    refused("deprecated_api_endpoint", lambda: client.datacenters.get_by_id(1))
    refused("deprecated_api_endpoint", lambda: client.datacenters.get_by_name("fsn1-dc14"))
