// What can be wrong with a machine's volumes and its firewall.
import { KEY, type Mistake, expectOnly, machine, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver";
const volume = { size: 10 };

const ofVolumes: Mistake[] = [
  ["volumes left empty", withMachine({ volumes: null }), `${AT}.volumes`, /is empty.*\{\} for none/],
  ["volumes as a list", withMachine({ volumes: [{ size: 10 }] }), `${AT}.volumes`, /volumes by name.*but is a list/],
  ["a volume without a size", withMachine({ volumes: { home: {} } }), `${AT}.volumes.home.size`, /is required.*10 to 10240/],
  ["a volume that is a number", withMachine({ volumes: { home: 50 } }), `${AT}.volumes.home`, /\{ size: 50 \}.*but is 50/],
  [
    "an encrypted volume without a passphrase",
    withMachine({ volumes: { home: { size: 10, encrypted: true } } }),
    `${AT}.volumes.home.passphrase`,
    /is required, as the volume is encrypted.*config set --secret --path 'nixos-vps:machines\.devserver\.volumes\.home\.passphrase'/,
  ],
  [
    "encrypted in quotes",
    withMachine({ volumes: { home: { size: 10, encrypted: "true" } } }),
    `${AT}.volumes.home.encrypted`,
    /quotes away/,
  ],
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
  ...["/boot", "/etc", "/usr", "/etc/nixos", "/run/data", "/dev/shm", "/tmp"].map((at): Mistake => [
    `a volume at ${at}`,
    withMachine({ volumes: { data: { size: 10, mountPoint: at } } }),
    `${AT}.volumes.data.mountPoint`,
    /belongs to the system/,
  ]),
  ...["/var", "/var/lib", "/var/log"].map((at): Mistake => [
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

const ofTheFirewall: Mistake[] = [
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

test.each([...ofVolumes, ...ofTheFirewall])("%s is refused at its place", expectOnly);
