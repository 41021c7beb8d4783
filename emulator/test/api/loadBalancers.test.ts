// Load balancers: what they listen to, what they lead to, and how they are reached.
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { type ActionJson, Cloud, type ServerJson } from "./support/cloud";

interface BalancerJson {
  id: number;
  name: string;
  location: { name: string };
  public_net: { enabled: boolean; ipv4: { ip: string; dns_ptr: string | null }; ipv6: { ip: string; dns_ptr: string | null } };
  private_net: { network: number; ip: string }[];
  services: { listen_port: number; [more: string]: unknown }[];
  targets: { type: string; [more: string]: unknown }[];
}
type Made = { load_balancer: BalancerJson; action: ActionJson };

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const ORDER = { name: "lb", load_balancer_type: "lb11", location: "fsn1" };
const newBalancer = async (more: object = {}): Promise<BalancerJson> =>
  (await cloud.done<Made>("POST", "/load_balancers", { ...ORDER, ...more })).load_balancer;
const read = async (id: number): Promise<BalancerJson> => (await cloud.do<Made>("GET", `/load_balancers/${id}`)).load_balancer;
const act = (id: number, action: string, body?: object): Promise<unknown> => cloud.act(`/load_balancers/${id}`, action, body);
const refusal = (id: number, action: string, body?: object): Promise<string> =>
  cloud.refusal("POST", `/load_balancers/${id}/actions/${action}`, body);
const newNetwork = async (...types: string[]): Promise<number> => {
  const subnets = types.map((type, index) => ({
    type,
    network_zone: "eu-central",
    ip_range: `10.0.${index}.0/24`,
    ...(type === "vswitch" ? { vswitch_id: 1 } : {}),
  }));
  const order = { name: `net${types.length}`, ip_range: "10.0.0.0/16", subnets };
  return (await cloud.do<{ network: { id: number } }>("POST", "/networks", order)).network.id;
};

test("are made with the API's defaults for each protocol, found, changed and deleted", async () => {
  const services = [{ protocol: "tcp", listen_port: 5432, destination_port: 5432 }, { protocol: "http" }, { protocol: "https" }];
  const made = await newBalancer({ services, labels: { a: "b" } });

  expect(made).toMatchObject({ location: { name: "fsn1" }, public_net: { enabled: true }, algorithm: { type: "round_robin" } });
  const usual = { interval: 15, timeout: 10, retries: 3 };
  expect(made.services).toMatchObject([
    { listen_port: 5432, destination_port: 5432, proxyprotocol: false, health_check: { protocol: "tcp", port: 5432, ...usual } },
    { listen_port: 80, destination_port: 80, http: { cookie_name: "HCLBSTICKY", cookie_lifetime: 300, timeout_idle: 50 } },
    { listen_port: 443, destination_port: 80, http: { certificates: [], redirect_http: false } },
  ]);
  expect(made.services[1]).toMatchObject({
    health_check: { protocol: "http", port: 80, http: { path: "/", status_codes: ["2??", "3??"] } },
  });

  expect(await cloud.do("PUT", `/load_balancers/${made.id}`, { name: "new", labels: {} })).toMatchObject({
    load_balancer: { name: "new" },
  });
  expect(await cloud.do("GET", "/load_balancers?name=new")).toMatchObject({ load_balancers: [{ id: made.id }] });
  expect(await cloud.refusal("POST", "/load_balancers", { ...ORDER, name: "new" })).toBe("409 uniqueness_error");
  await act(made.id, "change_algorithm", { type: "least_connections" });
  expect(await cloud.do("GET", `/load_balancers/${made.id}`)).toMatchObject({
    load_balancer: { algorithm: { type: "least_connections" } },
  });
  await act(made.id, "change_protection", { delete: true });
  expect(await cloud.refusal("DELETE", `/load_balancers/${made.id}`)).toBe("423 protected");
  await act(made.id, "change_protection", { delete: false });
  const { action } = await cloud.done<{ action: ActionJson }>("DELETE", `/load_balancers/${made.id}`);
  expect(action.command).toBe("delete_load_balancer");
  expect(await cloud.refusal("GET", `/load_balancers/${made.id}`)).toBe("404 not_found");
});

test.each([
  ["no place", { location: undefined }, ["location"]],
  ["two places", { network_zone: "eu-central" }, ["location"]],
  ["a zone that is none", { location: undefined, network_zone: "moon" }, ["network_zone"]],
  ["a type that is none", { load_balancer_type: "lb99" }, ["load_balancer_type"]],
  ["a blank before its name", { name: " lb" }, ["name"]],
  ["tcp without ports", { services: [{ protocol: "tcp" }] }, ["listen_port"]],
  ["a port that is none", { services: [{ protocol: "http", listen_port: 70000 }] }, ["services.0.listen_port"]],
  ["too slow a health check", { services: [{ protocol: "http", health_check: { interval: 61 } }] }, ["services.0.health_check.interval"]],
  ["a certificate that is not there", { services: [{ protocol: "https", http: { certificates: [4711] } }] }, ["http.certificates"]],
  ["a redirect from http to http", { services: [{ protocol: "http", http: { redirect_http: true } }] }, ["http.redirect_http"]],
  ["neither a public nor a private interface", { public_interface: false }, ["public_interface"]],
  ["a target that is not there", { targets: [{ type: "server", server: { id: 4711 } }] }, ["server.id"]],
  [
    "labels that are no selector",
    { targets: [{ type: "label_selector", label_selector: { selector: "a b" } }] },
    ["label_selector.selector"],
  ],
])("with %s are refused by field, and none is there", async (_what, more, fields) => {
  expect(await cloud.wrongFields("POST", "/load_balancers", { ...ORDER, ...more })).toEqual(fields);
  expect(await cloud.do("GET", "/load_balancers")).toMatchObject({ load_balancers: [] });
});

test("services come, change in part and go; a port is used once, also by a redirect", async () => {
  const { id } = await newBalancer({ services: [{ protocol: "http" }] });

  expect(await refusal(id, "add_service", { protocol: "http" })).toBe("412 source_port_already_used");
  expect(await refusal(id, "add_service", { protocol: "https", http: { redirect_http: true } })).toBe("412 source_port_already_used");
  await act(id, "add_service", {
    protocol: "tcp",
    listen_port: 22,
    destination_port: 2222,
    health_check: { protocol: "tcp", interval: 20 },
  });
  await act(id, "update_service", { listen_port: 22, proxyprotocol: true, health_check: { retries: 5 } });
  await act(id, "update_service", { listen_port: 80, http: { sticky_sessions: true } });

  const check = { port: 2222, interval: 20, retries: 5 };
  expect((await read(id)).services).toMatchObject([
    { listen_port: 80, http: { sticky_sessions: true, cookie_lifetime: 300 } },
    { listen_port: 22, destination_port: 2222, proxyprotocol: true, health_check: check },
  ]);
  await act(id, "update_service", { listen_port: 80, protocol: "tcp" });
  expect((await read(id)).services[0]).not.toHaveProperty("http");
  await act(id, "delete_service", { listen_port: 80 });
  expect((await read(id)).services.map(({ listen_port }) => listen_port)).toEqual([22]);
  expect(await refusal(id, "delete_service", { listen_port: 80 })).toBe("404 not_found");
  expect(await refusal(id, "update_service", { listen_port: 80 })).toBe("404 not_found");
});

test("a type says how many services there may be, and can be changed to one that has room", async () => {
  const services = [1, 2, 3, 4, 5].map((port) => ({ protocol: "http", listen_port: port }));
  const { id } = await newBalancer({ services });
  expect(await refusal(id, "add_service", { protocol: "http" })).toBe("403 resource_limit_exceeded");

  await act(id, "change_type", { load_balancer_type: "lb21" });
  await act(id, "add_service", { protocol: "http" });

  expect(await refusal(id, "change_type", { load_balancer_type: "lb11" })).toBe("422 invalid_load_balancer_type");
  expect(await refusal(id, "change_type", { load_balancer_type: 2 })).toBe("422 invalid_load_balancer_type");
  expect(await cloud.do("GET", `/load_balancers/${id}`)).toMatchObject({ load_balancer: { load_balancer_type: { name: "lb21" } } });
});

test("a certificate says who uses it, and stays for as long as somebody does", async () => {
  const key = generatePrivateKey("ecdsa");
  const pem = createSelfSignedCertificate(identityForHost("example.com"), key).toString("pem");
  const upload = { name: "web", certificate: pem, private_key: key.toString("pkcs8") };
  const { certificate } = await cloud.do<{ certificate: { id: number } }>("POST", "/certificates", upload);
  const { id } = await newBalancer({ services: [{ protocol: "https", http: { certificates: [certificate.id], redirect_http: true } }] });

  expect(await cloud.do("GET", `/certificates/${certificate.id}`)).toMatchObject({
    certificate: { used_by: [{ id, type: "load_balancer" }] },
  });
  expect(await cloud.refusal("DELETE", `/certificates/${certificate.id}`)).toBe("422 resource_in_use");
  await act(id, "delete_service", { listen_port: 443 });
  expect((await cloud.ask("DELETE", `/certificates/${certificate.id}`)).status).toBe(204);
});

describe("targets", () => {
  const ipOf = (server: ServerJson): string => server.public_net.ipv4?.ip ?? "";
  const targets = async (id: number): Promise<unknown[]> => (await read(id)).targets;

  test("are servers by number and by labels, healthy while they run", async () => {
    const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b", { labels: { web: "yes" } })];
    const { id } = await newBalancer({ services: [{ protocol: "http" }], targets: [{ type: "server", server: { id: a.id } }] });
    await act(id, "add_target", { type: "label_selector", label_selector: { selector: "web=yes" } });
    const seen = (server: ServerJson, status: string): object => ({
      type: "server",
      server: { id: server.id, ip: ipOf(server) },
      health_status: [{ listen_port: 80, status }],
    });

    expect(await targets(id)).toMatchObject([seen(a, "healthy"), { type: "label_selector", targets: [seen(b, "healthy")] }]);
    for (const server of [a, b]) expect((await cloud.server(server.id)) as unknown).toMatchObject({ load_balancers: [id] });
    await cloud.act(`/servers/${a.id}`, "poweroff");
    expect(await targets(id)).toMatchObject([seen(a, "unhealthy"), {}]);

    expect(await refusal(id, "add_target", { type: "server", server: { id: a.id } })).toBe("422 target_already_defined");
    const unassign = `/primary_ips/${a.public_net.ipv4?.id ?? 0}/actions/unassign`;
    expect(await cloud.refusal("POST", unassign)).toBe("422 server_is_load_balancer_target");
    await act(id, "remove_target", { type: "label_selector", label_selector: { selector: "web=yes" } });
    expect(await refusal(id, "remove_target", { type: "server", server: { id: b.id } })).toBe("404 not_found");
    await cloud.done("DELETE", `/servers/${a.id}`);
    expect(await targets(id)).toEqual([]);
  });

  test("are reached by an address of their own that was asked for, and by no other's", async () => {
    const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b", { public_net: { enable_ipv4: false } })];
    const { id } = await newBalancer();
    const v6 = (b.public_net.ipv6?.ip ?? "").replace("/64", "7");

    expect(await refusal(id, "add_target", { type: "server", server: { id: b.id } })).toBe("422 resolve_cloud_public_targets_error");
    expect(await refusal(id, "add_target", { type: "server", server: { id: b.id, ip: ipOf(a) } })).toBe("422 ip_not_assigned_to_server");
    await act(id, "add_target", { type: "server", server: { id: b.id, ip: v6 } });
    expect(await targets(id)).toMatchObject([{ server: { id: b.id, ip: v6 } }]);
  });

  test("are addresses outside of this cloud, and private ones only behind a vswitch", async () => {
    const server = await cloud.newServer("a");
    const { id } = await newBalancer();
    const add = (ip: string): Promise<string> => refusal(id, "add_target", { type: "ip", ip: { ip } });

    expect(await add("203.0.113.1")).toBe("201");
    expect(await targets(id)).toMatchObject([{ type: "ip", ip: { ip: "203.0.113.1" } }]);
    expect(await add(ipOf(server))).toBe("422 cloud_resource_ip_not_allowed");
    expect(await add("10.0.1.5")).toBe("422 load_balancer_not_attached_to_network");
    await act(id, "attach_to_network", { network: await newNetwork("cloud") });
    expect(await add("10.0.1.5")).toBe("422 network_has_no_vswitch_subnet");
    await act(id, "detach_from_network", { network: (await read(id)).private_net[0]?.network ?? 0 });
    await act(id, "attach_to_network", { network: await newNetwork("cloud", "vswitch") });
    expect(await add("10.0.0.5")).toBe("422 ip_not_in_vswitch_subnet");
    expect(await add("10.0.1.5")).toBe("201");
  });

  test("one that could not be added is not there", async () => {
    const server = await cloud.newServer("a");
    const { id } = await newBalancer();
    cloud.emulator.faults.failAction("add_target");

    const target = { type: "server", server: { id: server.id } };
    const { action } = await cloud.do<Made>("POST", `/load_balancers/${id}/actions/add_target`, target);

    expect((await cloud.ended(action))[0]?.status).toBe("error");
    expect(await targets(id)).toEqual([]);
  });
});

describe("interfaces", () => {
  test("a private one is in one network, with an address nobody else has; the public one can be shut then", async () => {
    const network = await newNetwork("cloud");
    const server = await cloud.newServer("a", { networks: [network] });
    const { id } = await newBalancer({ targets: [{ type: "server", server: { id: server.id } }] });
    expect(await refusal(id, "disable_public_interface")).toBe("422 load_balancer_not_attached_to_network");
    const privately = { type: "server", server: { id: server.id }, use_private_ip: true };

    expect(await refusal(id, "attach_to_network", { network, ip: "10.0.0.2" })).toBe("422 ip_not_available");
    await act(id, "attach_to_network", { network });
    expect((await read(id)).private_net).toEqual([{ network, ip: "10.0.0.3" }]);
    expect(await cloud.do("GET", `/networks/${network}`)).toMatchObject({ network: { load_balancers: [id], servers: [server.id] } });
    expect(await refusal(id, "attach_to_network", { network })).toBe("422 load_balancer_already_attached");
    expect(await cloud.refusal("POST", `/networks/${network}/actions/delete_subnet`, { ip_range: "10.0.0.0/24" })).toBe(
      "422 service_error",
    );

    expect(await refusal(id, "disable_public_interface")).toBe("422 targets_without_use_private_ip");
    await act(id, "remove_target", { type: "server", server: { id: server.id } });
    await act(id, "disable_public_interface");
    expect((await read(id)).public_net.enabled).toBe(false);
    const publicly = { type: "server", server: { id: server.id } };
    expect(await refusal(id, "add_target", publicly)).toBe("422 load_balancer_public_interface_disabled");
    await act(id, "add_target", privately);
    expect((await read(id)).targets).toMatchObject([{ server: { ip: "10.0.0.2" }, use_private_ip: true }]);
    await act(id, "enable_public_interface");

    await cloud.do("DELETE", `/networks/${network}`);
    expect((await read(id)).private_net).toEqual([]);
  });

  test("private targets need the load balancer's network", async () => {
    const [network, server] = [await newNetwork("cloud"), await cloud.newServer("a")];
    const target = { type: "server", server: { id: server.id }, use_private_ip: true };
    expect(await cloud.refusal("POST", "/load_balancers", { ...ORDER, targets: [target] })).toBe(
      "422 load_balancer_not_attached_to_network",
    );

    const { id, private_net } = await newBalancer({ network, public_interface: false });

    expect(private_net).toEqual([{ network, ip: "10.0.0.2" }]);
    expect(await refusal(id, "add_target", target)).toBe("422 resolve_cloud_private_targets_error");
    const far = { name: "far", load_balancer_type: "lb11", location: "ash", network };
    expect(await cloud.refusal("POST", "/load_balancers", far)).toBe("422 no_subnet_available");
  });

  test("a network lists who is in it, by kind and by subnet", async () => {
    const network = await newNetwork("cloud", "cloud");
    const server = await cloud.newServer("a", { networks: [network] });
    const { id } = await newBalancer();
    await act(id, "attach_to_network", { network, ip_range: "10.0.1.0/24" });
    const members = async (query: string): Promise<unknown> =>
      (await cloud.do<{ members: unknown }>("GET", `/networks/${network}/members${query}`)).members;

    const inFirst = { type: "server", id: server.id, ip: "10.0.0.2", status: "ok", alias_ips: [], subnet: "10.0.0.0/24" };
    const inSecond = { type: "load_balancer", id, ip: "10.0.1.1", status: "ok", alias_ips: [], subnet: "10.0.1.0/24" };
    expect(await members("")).toEqual([inFirst, inSecond]);
    expect(await members("?type=load_balancer&type=x")).toEqual([inSecond]);
    expect(await members("?subnet=10.0.0.0/24&status=ok")).toEqual([inFirst]);
  });

  test("public addresses have reverse names", async () => {
    const { id, public_net } = await newBalancer();
    expect(public_net.ipv4.dns_ptr).toBe(`static.${public_net.ipv4.ip.split(".").reverse().join(".")}.clients.your-server.de`);
    expect(public_net.ipv6.ip).toMatch(/^2001:db8:.*::1$/);

    for (const { ip } of [public_net.ipv4, public_net.ipv6]) await act(id, "change_dns_ptr", { ip, dns_ptr: "lb.example.com" });
    expect((await read(id)).public_net).toMatchObject({ ipv4: { dns_ptr: "lb.example.com" }, ipv6: { dns_ptr: "lb.example.com" } });
    await act(id, "change_dns_ptr", { ip: public_net.ipv4.ip, dns_ptr: null });
    expect((await read(id)).public_net.ipv4.dns_ptr).toBe(public_net.ipv4.dns_ptr);
    expect(await refusal(id, "change_dns_ptr", { ip: "192.0.2.1", dns_ptr: "x" })).toBe("422 invalid_input");
  });

  test("a primary IP can be a load balancer's from its creation to its end", async () => {
    type Ip = { primary_ip: { id: number; ip: string; assignee_type: string } };
    const order = { name: "ip", type: "ipv4", location: "fsn1" };
    const { primary_ip: ip } = await cloud.do<Ip>("POST", "/primary_ips", order);
    const made = await newBalancer({ public_net: { ipv4: ip.id } });

    expect(made.public_net.ipv4).toMatchObject({ id: ip.id, ip: ip.ip });
    expect(await cloud.do("GET", `/primary_ips/${ip.id}`)).toMatchObject({
      primary_ip: { assignee_id: made.id, assignee_type: "load_balancer" },
    });
    expect(await cloud.refusal("POST", `/primary_ips/${ip.id}/actions/unassign`)).toBe("422 unsupported_error");
    const other = { ...ORDER, name: "other", public_net: { ipv4: ip.id } };
    expect(await cloud.refusal("POST", "/load_balancers", other)).toBe("422 primary_ip_assigned");
    await cloud.done("DELETE", `/load_balancers/${made.id}`);
    expect(await cloud.do("GET", `/primary_ips/${ip.id}`)).toMatchObject({
      primary_ip: { assignee_id: null, assignee_type: "unassigned" },
    });
  });
});

test("types and their prices are listed", async () => {
  type Types = { load_balancer_types: { id: number; name: string }[] };
  const { load_balancer_types: types } = await cloud.do<Types>("GET", "/load_balancer_types");
  expect(types.map(({ name }) => name)).toEqual(["lb11", "lb21", "lb31"]);
  expect(await cloud.do("GET", `/load_balancer_types/${types[0]?.id ?? 0}`)).toMatchObject({ load_balancer_type: { max_services: 5 } });
  expect(await cloud.do("GET", "/pricing")).toMatchObject({ pricing: { load_balancer_types: [{ name: "lb11" }, {}, {}] } });
});
