// What else of Hetzner Cloud a Pulumi user may have beside machines.
const hcloud = require("@pulumi/hcloud");
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const number = (id) => id.apply(Number);

const network = new hcloud.Network("network", { name: "network", ipRange: "10.0.0.0/16", labels: { a: "b" } });
const subnet = new hcloud.NetworkSubnet("subnet", {
  networkId: number(network.id),
  type: "cloud",
  networkZone: "eu-central",
  ipRange: "10.0.1.0/24",
});
const route = new hcloud.NetworkRoute("route", { networkId: number(network.id), destination: "10.100.0.0/16", gateway: "10.0.1.1" });
const group = new hcloud.PlacementGroup("group", { name: "group", type: "spread", labels: { a: "b" } });
const server = new hcloud.Server("server", {
  name: "server",
  serverType: "cx23",
  image: "debian-13",
  location: "fsn1",
  placementGroupId: number(group.id),
  deleteProtection: config.getBoolean("protected") ?? false,
  rebuildProtection: config.getBoolean("protected") ?? false,
});
new hcloud.ServerNetwork(
  "member",
  { serverId: number(server.id), networkId: number(network.id), ip: config.get("ip") ?? "10.0.1.5", aliasIps: ["10.0.1.10"] },
  // Created first, the new one would find the server attached already, and the old one's delete would then detach it.
  { dependsOn: [subnet, route], deleteBeforeReplace: true },
);
const floating = new hcloud.FloatingIp("floating", { name: "floating", type: "ipv4", homeLocation: "fsn1", description: "service" });
new hcloud.FloatingIpAssignment("assignment", { floatingIpId: number(floating.id), serverId: number(server.id) });
new hcloud.Rdns("name", { serverId: number(server.id), ipAddress: server.ipv4Address, dnsPtr: "server.example.com" });
new hcloud.Snapshot("snapshot", { serverId: number(server.id), description: config.get("description") ?? "first", labels: { a: "b" } });
const firewall = new hcloud.Firewall("firewall", { name: "firewall", applyTos: [{ labelSelector: "role=web" }] });

module.exports = { floating: floating.ipAddress, firewall: firewall.id };
