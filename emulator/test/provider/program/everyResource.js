// One of every resource that the provider has for Hetzner Cloud, with as many of its properties set as go together.
const { readFileSync } = require("node:fs");
const hcloud = require("@pulumi/hcloud");

const number = (id) => id.apply(Number);
const labels = { of: "me" };
// What is made outside of the state, to be the same at every run.
const [certificate, privateKey] = ["certificate.pem", "key.pem"].map((file) => readFileSync(file, "utf8"));

const key = new hcloud.SshKey("key", { name: "key", publicKey: readFileSync("key.pub", "utf8").trim(), labels });
const group = new hcloud.PlacementGroup("group", { name: "group", type: "spread", labels });
const primary = new hcloud.PrimaryIp("primary", { name: "primary", type: "ipv4", location: "fsn1", autoDelete: false, labels });
const firewall = new hcloud.Firewall("firewall", {
  name: "firewall",
  labels,
  rules: [{ direction: "in", protocol: "tcp", port: "22", sourceIps: ["0.0.0.0/0", "::/0"], description: "ssh" }],
});

const network = new hcloud.Network("network", { name: "network", ipRange: "10.0.0.0/16", labels });
const networkId = number(network.id);
const subnet = new hcloud.NetworkSubnet("subnet", { networkId, type: "cloud", networkZone: "eu-central", ipRange: "10.0.1.0/24" });
new hcloud.NetworkRoute("route", { networkId, destination: "10.100.0.0/16", gateway: "10.0.1.1" }, { dependsOn: subnet });

const server = new hcloud.Server("server", {
  name: "server",
  serverType: "cx23",
  image: "debian-13",
  location: "fsn1",
  sshKeys: [key.id],
  labels: { role: "web" },
  placementGroupId: number(group.id),
  publicNets: [{ ipv4Enabled: true, ipv4: number(primary.id), ipv6Enabled: true }],
  userData: "#cloud-config\n{}\n",
  backups: true,
  keepDisk: true,
  deleteProtection: false,
  rebuildProtection: false,
});
const serverId = number(server.id);
const member = new hcloud.ServerNetwork("member", { serverId, networkId, ip: "10.0.1.5", aliasIps: ["10.0.1.10"] }, { dependsOn: subnet });
new hcloud.FirewallAttachment("applied", { firewallId: number(firewall.id), serverIds: [serverId], labelSelectors: ["role=db"] });
new hcloud.Rdns("name", { serverId, ipAddress: server.ipv4Address, dnsPtr: "server.example.com" });
new hcloud.Snapshot("snapshot", { serverId, description: "golden", labels });

const volume = new hcloud.Volume("volume", { name: "volume", size: 10, location: "fsn1", format: "ext4", labels });
new hcloud.VolumeAttachment("attachment", { serverId, volumeId: number(volume.id), automount: false });

const floating = new hcloud.FloatingIp("floating", {
  name: "floating",
  type: "ipv4",
  homeLocation: "fsn1",
  description: "service",
  labels,
});
new hcloud.FloatingIpAssignment("assignment", { floatingIpId: number(floating.id), serverId });

const zone = new hcloud.Zone("zone", { name: "every-resource.com", mode: "primary", ttl: 3600, labels });
new hcloud.ZoneRrset("rrset", {
  zone: zone.name,
  name: "www",
  type: "A",
  ttl: 300,
  labels,
  records: [{ value: "192.0.2.1", comment: "first" }, { value: "192.0.2.2" }],
});
new hcloud.ZoneRecord("record", { zone: zone.name, name: "mail", type: "A", value: "192.0.2.3", comment: "mail" });

const uploaded = new hcloud.UploadedCertificate("uploaded", { name: "uploaded", certificate, privateKey, labels });
new hcloud.ManagedCertificate("managed", { name: "managed", domainNames: ["app.every-resource.com"], labels }, { dependsOn: zone });

const balancer = new hcloud.LoadBalancer("balancer", {
  name: "balancer",
  loadBalancerType: "lb11",
  location: "fsn1",
  algorithm: { type: "least_connections" },
  labels,
});
const loadBalancerId = number(balancer.id);
const inNetwork = new hcloud.LoadBalancerNetwork("in-network", { loadBalancerId, networkId, ip: "10.0.1.100" }, { dependsOn: subnet });
new hcloud.LoadBalancerService("service", {
  loadBalancerId: balancer.id,
  protocol: "https",
  listenPort: 443,
  destinationPort: 80,
  http: { certificates: [number(uploaded.id)], stickySessions: true, cookieName: "C", cookieLifetime: 300 },
  healthCheck: {
    protocol: "http",
    port: 80,
    interval: 15,
    timeout: 10,
    retries: 3,
    http: { domain: "example.com", path: "/", statusCodes: ["2??"] },
  },
});
new hcloud.LoadBalancerTarget(
  "target",
  { loadBalancerId, type: "server", serverId, usePrivateIp: true },
  { dependsOn: [member, inNetwork] },
);
