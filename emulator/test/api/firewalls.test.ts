import { type ActionJson, Cloud } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

interface FirewallJson {
  id: number;
  rules: object[];
  applied_to: object[];
}
type Reply = { firewall: FirewallJson; actions: ActionJson[] };

const ssh = { direction: "in", protocol: "tcp", port: "22", source_ips: ["0.0.0.0/0", "::/0"] };

const newFirewall = async (name: string, more: object = {}): Promise<FirewallJson> =>
  (await cloud.done<Reply>("POST", "/firewalls", { name, rules: [ssh], ...more })).firewall;
const read = async (id: number): Promise<FirewallJson> => (await cloud.do<Reply>("GET", `/firewalls/${id}`)).firewall;
const onServer = (id: number): object => ({ type: "server", server: { id } });
const onSelector = (selector: string): object => ({ type: "label_selector", label_selector: { selector } });

test("rules given at creation hold when the actions are over, and are replaced as a whole", async () => {
  const reply = await cloud.done<Reply>("POST", "/firewalls", { name: "fw", rules: [ssh] });
  expect(reply.actions.map(({ command }) => command)).toEqual(["set_firewall_rules"]);
  expect((await read(reply.firewall.id)).rules).toEqual([{ ...ssh, destination_ips: [], description: null }]);

  const ping = { direction: "in", protocol: "icmp", source_ips: ["10.0.0.0/8"], description: "ping" };
  await cloud.done("POST", `/firewalls/${reply.firewall.id}/actions/set_rules`, { rules: [ping] });

  expect((await read(reply.firewall.id)).rules).toEqual([{ ...ping, port: null, destination_ips: [] }]);
});

test("without rules there is no action to wait for", async () => {
  expect((await cloud.do<Reply>("POST", "/firewalls", { name: "fw" })).actions).toEqual([]);
});

test.each([
  ["a tcp rule without port", { ...ssh, port: undefined }, "rules.0.port"],
  ["an icmp rule with a port", { ...ssh, protocol: "icmp" }, "rules.0.port"],
  ["a port that is none", { ...ssh, port: "65536" }, "rules.0.port"],
  ["a range that runs backwards", { ...ssh, port: "90-80" }, "rules.0.port"],
  ["nobody who may come in", { ...ssh, source_ips: [] }, "rules.0.source_ips"],
  ["an address that is no network", { ...ssh, source_ips: ["10.0.0.1"] }, "rules.0.source_ips.0"],
  ["an unknown protocol", { ...ssh, protocol: "sctp" }, "rules.0.protocol"],
])("a rule is refused with %s", async (_what, rule, field) => {
  expect(await cloud.wrongFields("POST", "/firewalls", { name: "fw", rules: [rule] })).toEqual([field]);
});

test.each(["22", "any", "80-85", "1-65535"])("a rule may open port %s", async (port) => {
  await newFirewall("fw", { rules: [{ ...ssh, port }] });
});

test("at most fifty rules", async () => {
  expect(await cloud.wrongFields("POST", "/firewalls", { name: "fw", rules: Array(51).fill(ssh) })).toEqual(["rules"]);
});

test("a firewall is applied to servers by name and leaves them again; while it is on one it cannot be deleted", async () => {
  const server = await cloud.newServer("web");
  const { id } = await newFirewall("fw");

  await cloud.done("POST", `/firewalls/${id}/actions/apply_to_resources`, { apply_to: [onServer(server.id)] });
  expect((await cloud.server(server.id)).public_net.firewalls).toEqual([{ id, status: "applied" }]);
  expect((await read(id)).applied_to).toEqual([onServer(server.id)]);
  expect(await cloud.refusal("POST", `/firewalls/${id}/actions/apply_to_resources`, { apply_to: [onServer(server.id)] })).toBe(
    "422 firewall_already_applied",
  );
  expect(await cloud.refusal("DELETE", `/firewalls/${id}`)).toBe("422 resource_in_use");

  await cloud.done("POST", `/firewalls/${id}/actions/remove_from_resources`, { remove_from: [onServer(server.id)] });
  expect((await cloud.server(server.id)).public_net.firewalls).toEqual([]);
  expect((await cloud.ask("DELETE", `/firewalls/${id}`)).status).toBe(204);
});

test("a firewall with a label selector follows the labels, and cannot be taken off one server by hand", async () => {
  const { id } = await newFirewall("fw", { apply_to: [onSelector("role in (web,db)")] });
  const web = await cloud.newServer("web", { labels: { role: "web" } });
  const other = await cloud.newServer("other", { labels: { role: "mail" } });

  expect((await read(id)).applied_to).toEqual([{ ...onSelector("role in (web,db)"), applied_to_resources: [onServer(web.id)] }]);
  expect(await cloud.refusal("POST", `/firewalls/${id}/actions/remove_from_resources`, { remove_from: [onServer(web.id)] })).toBe(
    "422 firewall_managed_by_label_selector",
  );

  await cloud.do("PUT", `/servers/${web.id}`, { labels: {} });
  await cloud.do("PUT", `/servers/${other.id}`, { labels: { role: "db" } });
  expect((await cloud.server(web.id)).public_net.firewalls).toEqual([]);
  expect((await cloud.server(other.id)).public_net.firewalls).toEqual([{ id, status: "applied" }]);
});

test("an unknown server is 422 at creation and 404 afterwards", async () => {
  const { id } = await newFirewall("fw");

  expect(await cloud.refusal("POST", "/firewalls", { name: "other", apply_to: [onServer(4711)] })).toBe("422 firewall_resource_not_found");
  for (const [action, key] of [
    ["apply_to_resources", "apply_to"],
    ["remove_from_resources", "remove_from"],
  ] as const) {
    expect(await cloud.refusal("POST", `/firewalls/${id}/actions/${action}`, { [key]: [onServer(4711)] })).toBe(
      "404 firewall_resource_not_found",
    );
  }
});

test("a server has at most five firewalls", async () => {
  const server = await cloud.newServer("web");
  for (let n = 0; n < 5; n++) await newFirewall(`fw${n}`, { apply_to: [onServer(server.id)] });
  const { id } = await newFirewall("fw5");

  expect(await cloud.refusal("POST", `/firewalls/${id}/actions/apply_to_resources`, { apply_to: [onServer(server.id)] })).toBe(
    "403 resource_limit_exceeded",
  );
});

test("applying a firewall does not lock its server", async () => {
  const server = await cloud.newServer("web");
  const release = cloud.emulator.clock.hold(60_000);

  await newFirewall("fw", { apply_to: [onServer(server.id)] });

  expect((await cloud.server(server.id)).locked).toBe(false);
  release();
});
