from hcloud import Client
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers.domain import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
    LoadBalancerTargetIP,
    LoadBalancerTargetLabelSelector,
)
from hcloud.networks.domain import NetworkSubnet

from certificates import new_certificate
from common import EARLIER, HERE, NOW, delete_server, new_server
from harness import chapter, done, has_actions, lists, refused

TCP_CHECK = LoadBalancerHealthCheck(protocol="tcp", port=80, interval=15, timeout=10, retries=3)
HTTP_CHECK = LoadBalancerHealthCheck(
    protocol="http",
    port=80,
    interval=15,
    timeout=10,
    retries=3,
    http=LoadBalancerHealthCheckHttp(domain="example.com", path="/", response="", status_codes=["2??", "3??"], tls=False),
)


@chapter
def load_balancers(client: Client) -> None:
    made = client.load_balancers.create(
        "balancer",
        LoadBalancerType(name="lb11"),
        algorithm=LoadBalancerAlgorithm("round_robin"),
        location=HERE,
        labels={"of": "me"},
        services=[LoadBalancerService("tcp", 80, 8080, False, TCP_CHECK)],
    )
    done(made.action)
    balancer = client.load_balancers.get_by_id(made.load_balancer.id)
    assert (balancer.location.name, balancer.load_balancer_type.name, balancer.algorithm.type) == ("fsn1", "lb11", "round_robin")
    assert [(each.protocol, each.listen_port, each.destination_port) for each in balancer.services] == [("tcp", 80, 8080)]
    lists(client.load_balancers, [balancer], "of=me")
    refused("uniqueness_error", lambda: client.load_balancers.create("balancer", LoadBalancerType(name="lb11"), location=HERE))
    assert balancer.update(name="renamed", labels={}).name == "renamed"

    done(balancer.change_algorithm(LoadBalancerAlgorithm("least_connections")))
    done(balancer.change_type(LoadBalancerType(name="lb21")))
    balancer.reload()
    assert (balancer.algorithm.type, balancer.load_balancer_type.name) == ("least_connections", "lb21")
    address = balancer.public_net.ipv4.ip
    done(balancer.change_dns_ptr(address, "balancer.example.com"))
    balancer.reload()
    assert balancer.public_net.ipv4.dns_ptr == "balancer.example.com"
    metrics = balancer.get_metrics(["open_connections", "requests_per_second"], EARLIER, NOW, step=60).metrics
    assert {"open_connections", "requests_per_second"} <= set(metrics.time_series), sorted(metrics.time_series)
    has_actions(client.load_balancers, balancer, "create_load_balancer", "change_algorithm", "change_load_balancer_type")

    done(balancer.change_protection(delete=True))
    refused("protected", balancer.delete)
    done(balancer.change_protection(delete=False))
    done(balancer.delete().action)
    refused("not_found", lambda: client.load_balancers.get_by_id(balancer.id))


@chapter
def services_of_load_balancers(client: Client) -> None:
    certificate = client.certificates.create("for-balancer", *new_certificate("www.example.com"))
    made = client.load_balancers.create("with-services", LoadBalancerType(name="lb11"), network_zone="eu-central")
    done(made.action)
    balancer = made.load_balancer
    http = LoadBalancerServiceHttp(cookie_name="C", cookie_lifetime=60, certificates=[certificate], redirect_http=False, sticky_sessions=True)
    done(balancer.add_service(LoadBalancerService("https", 443, 80, False, HTTP_CHECK, http)))
    refused(
        "source_port_already_used", lambda: balancer.add_service(LoadBalancerService("tcp", 443, 80, False, TCP_CHECK))
    )
    balancer.reload()
    assert [each.id for each in balancer.services[0].http.certificates] == [certificate.id]
    refused("resource_in_use", certificate.delete)
    done(balancer.update_service(LoadBalancerService(listen_port=443, destination_port=8080)))
    balancer.reload()
    assert (balancer.services[0].destination_port, balancer.services[0].http.cookie_name) == (8080, "C")
    done(balancer.delete_service(LoadBalancerService(listen_port=443)))
    balancer.reload()
    assert balancer.services == []
    done(balancer.delete().action)
    assert certificate.delete()


@chapter
def targets_of_load_balancers(client: Client) -> None:
    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")
    network = client.networks.create("of-balancer", "10.0.0.0/16", subnets=[subnet])
    server = new_server(client, "target", labels={"role": "web"}, networks=[network])
    made = client.load_balancers.create(
        "with-targets", LoadBalancerType(name="lb11"), location=HERE, services=[LoadBalancerService("tcp", 80, 80, False, TCP_CHECK)]
    )
    done(made.action)
    balancer = made.load_balancer
    done(balancer.attach_to_network(network, ip="10.0.1.100"))
    balancer.reload()
    assert (balancer.private_net[0].ip, balancer.private_net[0].network.id) == ("10.0.1.100", network.id)
    by_server = LoadBalancerTarget(type="server", server=server, use_private_ip=True)
    by_label = LoadBalancerTarget(type="label_selector", label_selector=LoadBalancerTargetLabelSelector("role=web"), use_private_ip=False)
    by_ip = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP("203.0.113.1"))
    done(balancer.add_target(by_server))
    refused("target_already_defined", lambda: balancer.add_target(by_server))
    done(balancer.add_target(by_label))
    balancer.reload()
    assert sorted(each.type for each in balancer.targets) == ["label_selector", "server"]
    target = next(each for each in balancer.targets if each.type == "server")
    assert target.server.id == server.id and target.use_private_ip and target.health_status[0].listen_port == 80
    # Only addresses of dedicated servers may be named; with which code another is refused is not documented.
    own = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP(server.public_net.ipv4.ip))
    refused(None, lambda: balancer.add_target(own))
    done(balancer.add_target(by_ip), balancer.remove_target(by_ip))
    done(balancer.remove_target(by_server))
    done(balancer.remove_target(by_label))
    done(balancer.disable_public_interface())
    balancer.reload()
    assert balancer.targets == [] and not balancer.public_net.enabled
    done(balancer.enable_public_interface())
    done(balancer.detach_from_network(network))
    balancer.reload()
    assert balancer.private_net == [] and balancer.public_net.enabled
    done(balancer.delete().action)
    delete_server(server)
    assert network.delete()
