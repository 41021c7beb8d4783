// One of everything that a machine needs, as a Pulumi user would write it.
const hcloud = require("@pulumi/hcloud");
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const number = (id) => id.apply(Number);

const key = new hcloud.SshKey("key", { name: "key", publicKey: config.require("publicKey"), labels: { a: "b" } });
const firewall = new hcloud.Firewall("firewall", {
  name: "firewall",
  labels: { a: "b" },
  rules: [
    { direction: "in", protocol: "tcp", port: config.get("port") ?? "22", sourceIps: ["0.0.0.0/0", "::/0"] },
    { direction: "out", protocol: "icmp", destinationIps: ["0.0.0.0/0"], description: "ping" },
  ],
});
const address = new hcloud.PrimaryIp("address", {
  name: "address",
  type: "ipv4",
  location: "fsn1",
  assigneeType: config.get("assigneeType"),
  autoDelete: false,
  labels: { a: "b" },
});
const server = new hcloud.Server("server", {
  name: config.get("name") ?? "server",
  serverType: config.get("serverType") ?? "cx23",
  image: "debian-13",
  location: "fsn1",
  sshKeys: [key.id],
  firewallIds: [number(firewall.id)],
  labels: { role: config.get("role") ?? "one" },
  publicNets: [{ ipv4Enabled: true, ipv4: number(address.id), ipv6Enabled: config.get("ipv6") !== "off" }],
  userData: "#cloud-config\n{}\n",
  keepDisk: true,
  backups: config.getBoolean("backups"),
});
const volume = new hcloud.Volume("volume", {
  name: "volume",
  size: config.getNumber("size") ?? 10,
  location: "fsn1",
  format: "ext4",
  deleteProtection: config.getBoolean("protected") ?? false,
  labels: { "nixos-vps/machine": "m" },
});
const attachment = new hcloud.VolumeAttachment("attachment", {
  serverId: number(server.id),
  volumeId: number(volume.id),
  automount: false,
});

module.exports = {
  ipv4: server.ipv4Address,
  ipv6: server.ipv6Address,
  device: volume.linuxDevice,
  status: server.status,
  attached: attachment.id,
};
