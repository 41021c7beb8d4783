// Every kind of mistake: what is written, where it is reported, in which words. Each must give this one problem and no other.
import { KEY, OTHER_KEY, machine, problemsOf, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver";
const volume = { size: 10 };
const PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----";

type Row = [mistake: string, raw: Record<string, unknown>, path: string, words: RegExp];

const ofTheStack: Row[] = [
  ["no machines at all", { admin: { sshKeys: [KEY] } }, "nixos-vps:machines", /is required.*\{\} for none/],
  ["machines left empty", { machines: null, admin: { sshKeys: [KEY] } }, "nixos-vps:machines", /is empty.*\{\} for none/],
  [
    "machines as a list",
    { machines: [machine], admin: { sshKeys: [KEY] } },
    "nixos-vps:machines",
    /must be the machines by name.*but is a list/,
  ],
  ["a misspelt key at the top", { machines: {}, admn: {} }, "nixos-vps:admn", /Did you mean admin\?/],
  ["an unknown key at the top", { machines: {}, dnsZone: "x" }, "nixos-vps:dnsZone", /not a known key. Known here: machines, admin/],
  ["a machine without settings", { machines: { devserver: null }, admin: { sshKeys: [KEY] } }, AT, /is empty.*serverType and location/],
  ["a machine that is a text", { machines: { devserver: "cx23" }, admin: { sshKeys: [KEY] } }, AT, /but is "cx23"/],
  ["a machine with capitals", { machines: { Dev: machine }, admin: { sshKeys: [KEY] } }, "nixos-vps:machines.Dev", /lower-case letters/],
  ["a machine with a dot", { machines: { "a.b": machine }, admin: { sshKeys: [KEY] } }, 'nixos-vps:machines["a.b"]', /host name/],
  [
    "a name of 64 letters",
    { machines: { ["a".repeat(64)]: machine }, admin: { sshKeys: [KEY] } },
    `nixos-vps:machines.${"a".repeat(64)}`,
    /1 to 63/,
  ],
  [
    "a machine called localhost",
    { machines: { localhost: machine }, admin: { sshKeys: [KEY] } },
    "nixos-vps:machines.localhost",
    /every computer/,
  ],
  [
    "names that differ only where servers' names are cut off",
    { machines: { [`${"a".repeat(55)}-1`]: machine, [`${"a".repeat(55)}-2`]: machine }, admin: { sshKeys: [KEY] } },
    `nixos-vps:machines.${"a".repeat(55)}-2`,
    /cannot be told from a+-1.*cut to/,
  ],
  [
    "two volumes of two machines that get one name",
    {
      machines: { a: { ...machine, volumes: { "b-c": volume } }, "a-b": { ...machine, volumes: { c: volume } } },
      admin: { sshKeys: [KEY] },
    },
    "nixos-vps:machines.a-b.volumes.c",
    /dev-a-b-c.*the volume b-c of a/,
  ],
];

const ofTheAdmin: Row[] = [
  ["no ssh key", { machines: { devserver: machine } }, "nixos-vps:admin.sshKeys", /is required.*log in to devserver/],
  ["an empty list of ssh keys", withMachine({}, { sshKeys: [] }), "nixos-vps:admin.sshKeys", /at least one.*an empty list/],
  ["an ssh key outside a list", withMachine({}, { sshKeys: KEY }), "nixos-vps:admin.sshKeys", /a list of at least one/],
  [
    "the path of a key",
    withMachine({}, { sshKeys: ["~/.ssh/id_ed25519.pub"] }),
    "nixos-vps:admin.sshKeys[0]",
    /path of a file.*what is in it/,
  ],
  ["a key cut off in copying", withMachine({}, { sshKeys: [KEY.slice(0, 60)] }), "nixos-vps:admin.sshKeys[0]", /not whole/],
  ["a key with a line break", withMachine({}, { sshKeys: [`${KEY}\n`] }), "nixos-vps:admin.sshKeys[0]", /line break/],
  ["a DSA key", withMachine({}, { sshKeys: ["ssh-dss AAAA"] }), "nixos-vps:admin.sshKeys[0]", /DSA.*ssh-keygen/],
  ["a private key", withMachine({}, { sshKeys: [PRIVATE] }), "nixos-vps:admin.sshKeys[0]", /is a private key.*new pair/],
  [
    "the key of an example",
    withMachine({}, { sshKeys: ["ssh-ed25519 AAAA... me@laptop"] }),
    "nixos-vps:admin.sshKeys[0]",
    /only an example.*cat/,
  ],
  ["the same key twice", withMachine({}, { sshKeys: [KEY, OTHER_KEY, `${KEY}2`] }), "nixos-vps:admin.sshKeys[2]", /same key as number 1/],
  ["root as admin", withMachine({}, { name: "root", sshKeys: [KEY] }), "nixos-vps:admin.name", /the system itself has/],
  ["a name with a blank", withMachine({}, { name: "q w", sshKeys: [KEY] }), "nixos-vps:admin.name", /login name.*"q w"/],
  ["a system's uid", withMachine({}, { uid: 999, sshKeys: [KEY] }), "nixos-vps:admin.uid", /1000 to 59999, but is 999/],
  ["a builder's uid", withMachine({}, { uid: 30001, sshKeys: [KEY] }), "nixos-vps:admin.uid", /Nix builds under/],
  ["a machine's admin with a wrong key", withMachine({ admin: { sshkey: [KEY] } }), `${AT}.admin.sshkey`, /Did you mean sshKeys\?/],
];

const ofTheServer: Row[] = [
  ["no server type", withMachine({ serverType: undefined }), `${AT}.serverType`, /is required.*cx23/],
  [
    "a misspelt key",
    { machines: { devserver: { servertype: "cx23", location: "fsn1" } }, admin: { sshKeys: [KEY] } },
    `${AT}.servertype`,
    /mean serverType\?/,
  ],
  ["a server type in capitals", withMachine({ serverType: "CX23" }), `${AT}.serverType`, /Did you mean cx23\?/],
  ["a number for a server type", withMachine({ serverType: 23 }), `${AT}.serverType`, /but is 23/],
  ["a type of the first generation", withMachine({ serverType: "cx21" }), `${AT}.serverType`, /no longer offers.*cx23/],
  ["a type of the second generation", withMachine({ serverType: "cx32" }), `${AT}.serverType`, /no longer offers.*cx33/],
  ["an old cpx in Europe", withMachine({ serverType: "cpx11" }), `${AT}.serverType`, /in Europe.*cpx12/],
  ["a cx in America", withMachine({ location: "ash" }), `${AT}.serverType`, /fsn1, nbg1 and hel1 only, and not in ash/],
  ["an Arm server in Asia", withMachine({ serverType: "cax11", location: "sin" }), `${AT}.serverType`, /not in sin/],
  ["no location", withMachine({ location: undefined }), `${AT}.location`, /is required: one of fsn1/],
  ["an unknown location", withMachine({ location: "fsn2" }), `${AT}.location`, /one of fsn1.*"fsn2". Did you mean fsn1\?/],
  ["a city", withMachine({ location: "Falkenstein" }), `${AT}.location`, /is a city. Use location: fsn1/],
  ["a word that every object knows", withMachine({ location: "constructor" }), `${AT}.location`, /one of fsn1.*"constructor"\.$/],
  ["a data centre as location", withMachine({ location: "nbg1-dc3" }), `${AT}.location`, /is a data centre.*Use location: nbg1/],
  [
    "the former key datacenter",
    { machines: { devserver: { serverType: "cx23", datacenter: "hel1-dc2" } }, admin: { sshKeys: [KEY] } },
    `${AT}.datacenter`,
    /is gone.*Use location: hel1\./,
  ],
  ["an image that cannot kexec", withMachine({ image: "ubuntu-26.04" }), `${AT}.image`, /kexec.*debian-13/],
  ["a deprecated image", withMachine({ image: "debian-11" }), `${AT}.image`, /deprecated. Use debian-13/],
  ["NixOS as image", withMachine({ image: "nixos-26.05" }), `${AT}.image`, /Leave it out/],
  ["another image", withMachine({ image: "debian13" }), `${AT}.image`, /one of debian-12.*Did you mean debian-13\?/],
  [
    "a host that is not there",
    withMachine({ host: "devserfer" }),
    `${AT}.host`,
    /neither nix\/hosts\/devserfer\.nix nor.*mean devserver\?/,
  ],
  ["a host that is there twice", withMachine({ host: "twice" }), `${AT}.host`, /both twice\.nix and twice\//],
  ["a host as a path", withMachine({ host: "nix/hosts/web.nix" }), `${AT}.host`, /without \.nix/],
  ["an unknown strategy", withMachine({ strategy: "delete_first" }), `${AT}.strategy`, /Did you mean delete-first\?/],
  ["a recreate counter below zero", withMachine({ recreate: -1 }), `${AT}.recreate`, /from 0 up, but is -1/],
  ["a recreate counter that is no number", withMachine({ recreate: true }), `${AT}.recreate`, /from 0 up, but is true/],
  ["a port beyond the last", withMachine({ ssh: { port: 65536 } }), `${AT}.ssh.port`, /1 to 65535/],
  ["a port in quotes", withMachine({ ssh: { port: "2222" } }), `${AT}.ssh.port`, /Take the quotes away/],
  ["no address at all", withMachine({ ipv4: false, ipv6: false }), `${AT}.ipv6`, /nobody could reach/],
  ["a truth value in quotes", withMachine({ ipv4: "false" }), `${AT}.ipv4`, /true or false.*Take the quotes away/],
  ["an encrypted root disk", withMachine({ rootDisk: { encrypted: true } }), `${AT}.rootDisk.encrypted`, /cannot encrypt.*yet/],
  ["an unknown file system", withMachine({ rootDisk: { fileSystem: "btrfs" } }), `${AT}.rootDisk.fileSystem`, /ext4 or zfs.*"btrfs"/],
  ["a secret in a machine", withMachine({ labels: { team: { secure: "v1:abc" } } }), `${AT}.labels.team`, /is marked `secure:`/],
  ["a label that is a number", withMachine({ labels: { cost: 12 } }), `${AT}.labels.cost`, /but is 12. Put it in quotes/],
  ["a label's value with a blank", withMachine({ labels: { team: "a b" } }), `${AT}.labels.team`, /63 letters/],
  ["a label's key with a blank", withMachine({ labels: { "a b": "c" } }), `${AT}.labels["a b"]`, /no good name/],
  [
    "the program's own prefix",
    withMachine({ labels: { "nixos-vps/stack": "x" } }),
    `${AT}.labels["nixos-vps/stack"]`,
    /reserved for this program/,
  ],
  ["Hetzner's prefix", withMachine({ labels: { "hetzner.cloud/x": "x" } }), `${AT}.labels["hetzner.cloud/x"]`, /reserved for Hetzner/],
];

const ofVolumes: Row[] = [
  ["volumes left empty", withMachine({ volumes: null }), `${AT}.volumes`, /is empty.*\{\} for none/],
  ["volumes as a list", withMachine({ volumes: [{ size: 10 }] }), `${AT}.volumes`, /volumes by name.*but is a list/],
  ["a volume without a size", withMachine({ volumes: { home: {} } }), `${AT}.volumes.home.size`, /is required.*10 to 10240/],
  ["a volume that is a number", withMachine({ volumes: { home: 50 } }), `${AT}.volumes.home`, /\{ size: 50 \}.*but is 50/],
  ["a volume below 10 GB", withMachine({ volumes: { home: { size: 9 } } }), `${AT}.volumes.home.size`, /from 10 to 10240, but is 9/],
  ["a volume above 10240 GB", withMachine({ volumes: { home: { size: 10241 } } }), `${AT}.volumes.home.size`, /but is 10241/],
  ["half a GB", withMachine({ volumes: { home: { size: 10.5 } } }), `${AT}.volumes.home.size`, /whole number/],
  ["a size with a unit", withMachine({ volumes: { home: { size: "50GB" } } }), `${AT}.volumes.home.size`, /but is "50GB"/],
  ["a size in quotes", withMachine({ volumes: { home: { size: "50" } } }), `${AT}.volumes.home.size`, /Take the quotes away/],
  ["a size in the wrong place", withMachine({ size: 50 }), `${AT}.size`, /does not belong here.*machines\.<name>\.volumes\.<name>/],
  ["a volume's name with capitals", withMachine({ volumes: { Data: volume } }), `${AT}.volumes.Data`, /no good name/],
  ["a volume's name of 32 letters", withMachine({ volumes: { ["a".repeat(32)]: volume } }), `${AT}.volumes.${"a".repeat(32)}`, /1 to 31/],
  [
    "a relative mount point",
    withMachine({ volumes: { data: { size: 10, mountPoint: "srv" } } }),
    `${AT}.volumes.data.mountPoint`,
    /absolute path/,
  ],
  [
    "a slash at the end",
    withMachine({ volumes: { data: { size: 10, mountPoint: "/srv/" } } }),
    `${AT}.volumes.data.mountPoint`,
    /without a slash/,
  ],
  [
    "a way back up",
    withMachine({ volumes: { data: { size: 10, mountPoint: "/srv/../etc" } } }),
    `${AT}.volumes.data.mountPoint`,
    /absolute path/,
  ],
  ["the root folder", withMachine({ volumes: { data: { size: 10, mountPoint: "/" } } }), `${AT}.volumes.data.mountPoint`, /root disk's/],
  ...["/boot", "/etc", "/usr", "/etc/nixos", "/run/data", "/dev/shm", "/tmp"].map((at): Row => [
    `a volume at ${at}`,
    withMachine({ volumes: { data: { size: 10, mountPoint: at } } }),
    `${AT}.volumes.data.mountPoint`,
    /belongs to the system/,
  ]),
  ...["/var", "/var/lib", "/var/log"].map((at): Row => [
    `a volume at ${at}`,
    withMachine({ volumes: { data: { size: 10, mountPoint: at } } }),
    `${AT}.volumes.data.mountPoint`,
    /before volumes are there/,
  ]),
  ["a volume called etc", withMachine({ volumes: { etc: volume } }), `${AT}.volumes.etc.mountPoint`, /is \/etc, and \/etc belongs/],
  [
    "a volume inside the store",
    withMachine({ volumes: { data: { size: 10, mountPoint: "/nix/store" } } }),
    `${AT}.volumes.data.mountPoint`,
    /at \/nix as a whole/,
  ],
  [
    "/nix without the store",
    withMachine({ volumes: { nix: { size: 10, store: false } } }),
    `${AT}.volumes.nix.store`,
    /at \/nix is the store/,
  ],
  [
    "the store on a volume elsewhere",
    withMachine({ volumes: { data: { size: 10, store: true } } }),
    `${AT}.volumes.data.store`,
    /only be on a volume at \/home or \/nix/,
  ],
  [
    "two volumes at one mount point",
    withMachine({ volumes: { home: volume, data: { size: 10, mountPoint: "/home" } } }),
    `${AT}.volumes.data.mountPoint`,
    /where the volume home is mounted already/,
  ],
  [
    "a volume in the store's folder",
    withMachine({ volumes: { home: volume, cache: { size: 10, mountPoint: "/home/.nix/var" } } }),
    `${AT}.volumes.cache.mountPoint`,
    /holds the store/,
  ],
  [
    "17 volumes",
    withMachine({ volumes: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`v${at}`, volume])) }),
    `${AT}.volumes`,
    /are 17, but Hetzner attaches at most 16/,
  ],
  [
    "a name that is too long at Hetzner",
    { machines: { ["m".repeat(40)]: { ...machine, volumes: { ["v".repeat(30)]: volume } } }, admin: { sshKeys: [KEY] } },
    `nixos-vps:machines.${"m".repeat(40)}.volumes.${"v".repeat(30)}`,
    /75 characters, but 64/,
  ],
];

const ofTheFirewall: Row[] = [
  ["a firewall that is true", withMachine({ firewall: true }), `${AT}.firewall`, /false for none.*but is true/],
  ["a misspelt firewall", withMachine({ firewal: false }), `${AT}.firewal`, /Did you mean firewall\?/],
  [
    "a rule without a port",
    withMachine({ firewall: { allow: [{ protocol: "udp" }] } }),
    `${AT}.firewall.allow[0].port`,
    /is required for udp/,
  ],
  [
    "a port for icmp",
    withMachine({ firewall: { allow: [{ protocol: "icmp", port: 1 }] } }),
    `${AT}.firewall.allow[0].port`,
    /icmp has no ports/,
  ],
  [
    "a range downwards",
    withMachine({ firewall: { allow: [{ port: "90-80" }] } }),
    `${AT}.firewall.allow[0].port`,
    /from the lower to the higher/,
  ],
  ["a port 0 in quotes", withMachine({ firewall: { allow: [{ port: "0-9" }] } }), `${AT}.firewall.allow[0].port`, /from 1 to 65535/],
  [
    "twisted letters",
    withMachine({ firewall: { allow: [{ protocol: "icpm" }] } }),
    `${AT}.firewall.allow[0].protocol`,
    /Did you mean icmp\?/,
  ],
  [
    "an address without prefix",
    withMachine({ firewall: { allow: [{ port: 1, from: ["192.0.2.1"] }] } }),
    `${AT}.firewall.allow[0].from[0]`,
    /192\.0\.2\.1\/32/,
  ],
  [
    "an IPv6 address without prefix",
    withMachine({ firewall: { allow: [{ port: 1, from: ["2001:db8::1"] }] } }),
    `${AT}.firewall.allow[0].from[0]`,
    /db8::1\/128/,
  ],
  [
    "a network with host bits",
    withMachine({ firewall: { allow: [{ port: 1, from: ["10.1.0.0/8"] }] } }),
    `${AT}.firewall.allow[0].from[0]`,
    /10\.0\.0\.0\/8/,
  ],
  [
    "a rule for nobody",
    withMachine({ firewall: { allow: [{ port: 1, from: [] }] } }),
    `${AT}.firewall.allow[0].from`,
    /1 to 100 networks.*empty list/,
  ],
  [
    "more rules than Hetzner takes",
    withMachine({ firewall: { allow: Array.from({ length: 48 }, (_, at) => ({ port: at + 1000 })) } }),
    `${AT}.firewall.allow`,
    /has 48 rules, but there is room for 47/,
  ],
];

test.each([...ofTheStack, ...ofTheAdmin, ...ofTheServer, ...ofVolumes, ...ofTheFirewall])(
  "%s is refused at its place",
  (_, raw, path, words) => {
    const problems = problemsOf(raw);

    expect(problems).toEqual([{ path, message: expect.stringMatching(words) as string }]);
  },
);

test("what stands under a misspelt key is checked in the same go", () => {
  const problems = problemsOf({
    machines: { devserver: { server_type: "cx22", location: "fsn1", volume: { home: { size: 5 } } } },
    admin: { sshKeys: [KEY] },
  });

  expect(problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
    expect.stringMatching(/server_type is not a known key. Did you mean serverType/),
    expect.stringMatching(/serverType is cx22, which Hetzner no longer offers/),
    expect.stringMatching(/volume is not a known key. Did you mean volumes/),
    expect.stringMatching(/volumes\.home\.size must be a whole number/),
  ]);
});

test("one report holds the mistakes of all kinds at once", () => {
  const problems = problemsOf(
    {
      machines: {
        devserver: { ...machine, serverType: "cx22", volumes: { home: { size: 5 }, data: { size: 10, mountPoint: "/home" } } },
        web: {},
      },
      admin: { uid: 1, sshKeys: [KEY] },
    },
    { token: { from: "nowhere" } },
  );

  expect(problems.map(({ path }) => path)).toEqual([
    "hcloud:token",
    "nixos-vps:admin.uid",
    `${AT}.serverType`,
    `${AT}.volumes.data.mountPoint`,
    `${AT}.volumes.home.size`,
    "nixos-vps:machines.web.location",
    "nixos-vps:machines.web.serverType",
  ]);
});
