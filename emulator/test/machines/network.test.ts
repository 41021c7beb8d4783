import { spawn } from "node:child_process";
import { once } from "node:events";
import { parse } from "yaml";
import type { InboundRule, MachineNetwork } from "../../src/machineHost";
import { openPorts, isOpen, OPERATOR } from "../../src/machines/network/firewall";
import { asRoot, containing, rig, type Rig, run, testWithCards } from "./support";
import { installed } from "./installed";
import { evaluator } from "./systems";

const EVERYWHERE = ["0.0.0.0/0", "::/0"];
const tcp = (port: string, sourceIps = EVERYWHERE): InboundRule => ({ protocol: "tcp", port, sourceIps });
const udp = (port: string): InboundRule => ({ ...tcp(port), protocol: "udp" });

function network(change: Partial<MachineNetwork> = {}): MachineNetwork {
  return { ipv4: "198.18.0.1", ipv6: "2001:db8:0:1::1", inbound: null, cards: [], location: "fsn1", networkZone: "eu-central", ...change };
}

const card = {
  networkId: 77,
  networkName: "backend",
  range: "10.0.0.0/8",
  subnet: "10.0.1.0/24",
  gateway: "10.0.0.1",
  ip: "10.0.1.2",
  aliasIps: ["10.0.1.9"],
  mac: "86:00:00:00:00:4d",
};

describe("the ports that firewalls leave open", () => {
  const open = (rules: InboundRule[], port: number, address = "198.18.0.1") => isOpen(openPorts(rules, address, OPERATOR), port);

  test.each([
    ["a port", tcp("22"), 22, true],
    ["another port", tcp("22"), 23, false],
    ["the ends of a range", tcp("80-85"), 85, true],
    ["beyond a range", tcp("80-85"), 86, false],
    ["any port", tcp("any"), 65_535, true],
    ["another protocol", udp("22"), 22, false],
    ["the operator's own network", tcp("22", ["192.0.2.0/24"]), 22, true],
    ["somebody else's network", tcp("22", ["203.0.113.0/24", "::/0"]), 22, false],
  ])("%s", (_name, rule, port, expected) => {
    expect(open([rule], port)).toBe(expected);
  });

  test("a rule for IPv4 says nothing about IPv6", () => {
    expect(open([tcp("22", ["0.0.0.0/0"])], 22, "2001:db8:0:1::1")).toBe(false);
    expect(open([tcp("22", ["2001:db8:ffff::/48"])], 22, "2001:db8:0:1::1")).toBe(true);
  });

  test("no rule lets nothing in, and of several one is enough", () => {
    expect(open([], 22)).toBe(false);
    expect(open([tcp("80"), tcp("22")], 22)).toBe(true);
  });
});

asRoot("a machine in its networks", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  test("is reached through its firewalls only; a connection that is there lives on", async () => {
    await it.server(1);
    const session = spawn("ssh", ["-F", it.host.sshConfig, ...withKey(it), "root@198.18.0.1", "cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    session.stdin.write("before\n");
    await once(session.stdout, "data");

    await it.host.connect?.(1, network({ inbound: [tcp("443")] }));
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });
    session.stdin.write("after\n");
    expect(String((await once(session.stdout, "data"))[0])).toBe("after\n");
    session.stdin.end();

    await it.host.connect?.(1, network({ inbound: [tcp("22")] }));
    expect(await it.ssh(1, "true")).toMatchObject({ code: 0 });
    await it.host.connect?.(1, network());
    expect(await it.ssh(1, "true")).toMatchObject({ code: 0 });
  });

  test("has its firewall from the first boot on", async () => {
    await it.server(1, { network: network({ inbound: [tcp("22", ["203.0.113.7/32"])] }) });
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });
  });

  test("is served as long as the ports of its services are let in", async () => {
    await installed(it, 1, { change: { units: { "web.service": { ports: [80], requiresMountsFor: [], fails: false } } } });
    expect(it.host.served.isServed("devserver")).toBe(true);
    await it.host.connect?.(1, network({ inbound: [tcp("22")] }));
    expect(it.host.served.isServed("devserver")).toBe(false);
    await it.host.connect?.(1, network({ inbound: [tcp("22"), tcp("80")] }));
    expect(it.host.served.isServed("devserver")).toBe(true);
  });

  testWithCards("sees its private addresses come and go while it runs, and has them after a reboot", async () => {
    await it.server(1);
    await it.host.connect?.(
      1,
      network({ cards: [card, { ...card, networkId: 78, range: "172.16.0.0/12", gateway: "172.16.0.1", ip: "172.16.0.2" }] }),
    );
    expect(await it.on(1, "ip -br -4 address show dev enp7s0; cat /sys/class/net/enp7s0/address")).toMatch(
      /^enp7s0 +\S+ +10\.0\.1\.2\/32 *\n86:00:00:00:00:4d$/,
    );
    expect(await it.on(1, "ip route show dev enp8s0 | grep -o '^[^ ]*\\( via [^ ]*\\)*'")).toBe("172.16.0.0/12 via 172.16.0.1\n172.16.0.1");

    await it.host.connect?.(
      1,
      network({ cards: [{ ...card, networkId: 78, range: "172.16.0.0/12", gateway: "172.16.0.1", ip: "172.16.0.2" }] }),
    );
    expect(await it.on(1, "ls /sys/class/net; ip -br link show | cut -d ' ' -f 1")).not.toContain("enp7s0");

    const since = it.journal.entries.length;
    await it.host.reset(1);
    await it.until(/^boot /, since);
    expect(await it.on(1, "ip -br -4 address show dev enp8s0")).toContain("172.16.0.2/32");
  });

  testWithCards("is told by the metadata service who it is, from its first commands on", async () => {
    const url = "http://169.254.169.254/hetzner/v1/metadata";
    const userData = `#!/bin/sh\n${fetch(`${url}/instance-id`)} >/root/id\n`;
    await it.server(1, { userData, network: network({ cards: [card] }) });

    expect(await it.on(1, "cat /root/id")).toBe("1");
    expect(parse(await it.on(1, fetch(url)))).toMatchObject({
      "availability-zone": "fsn1-dc1",
      hostname: "server-1",
      "instance-id": 1,
      "public-ipv4": "198.18.0.1",
      region: "eu-central",
    });
    expect(parse(await it.on(1, fetch(`${url}/private-networks`)))).toEqual([
      {
        ip: "10.0.1.2",
        alias_ips: ["10.0.1.9"],
        interface_num: 1,
        mac_address: "86:00:00:00:00:4d",
        network_id: 77,
        network_name: "backend",
        network: "10.0.0.0/8",
        subnet: "10.0.1.0/24",
        gateway: "10.0.0.1",
      },
    ]);
    await it.host.connect?.(1, network());
    expect(parse(await it.on(1, fetch(`${url}/private-networks`)))).toEqual([]);
    expect(await it.on(1, fetch("http://169.254.169.254/hetzner/v1/userdata"))).toBe(userData.trim());
    expect((await it.ssh(1, fetch(`${url}/nothing`))).stdout).toBe("");
  });

  test("takes up another public address when it was off meanwhile", async () => {
    await it.server(1);
    await it.host.powerOff(1);
    await it.host.connect?.(1, network({ ipv4: "198.18.0.9" }));
    const since = it.journal.entries.length;
    await it.host.powerOn(1);
    await it.until(/^boot /, since);

    expect((await run("ssh", ["-F", it.host.sshConfig, ...withKey(it), "root@198.18.0.9", "hostname"])).stdout).toBe("server-1\n");
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255 });
  });
});

const withKey = (it: Rig): string[] => [
  ...["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"],
  ...["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", it.key],
];

/** A GET with what every computer that runs these tests has: bash. Prints the body, or nothing when it is no success. */
function fetch(url: string): string {
  const [, host = "", path = ""] = /^http:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  const get = `exec 3<>/dev/tcp/${host}/80; printf "GET ${path} HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3`;
  return `bash -c '${get}' | tr -d '\\r' | awk 'NR == 1 { ok = / 200 / } body && ok { print } /^$/ { body = 1 }'`;
}
