// What can be wrong with a stack as a whole and with its admin.
import { KEY, type Mistake, OTHER_KEY, expectOnly, machine, problemsOf, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver";
const volume = { size: 10 };
const PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----";

const ofTheStack: Mistake[] = [
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

const ofTheAdmin: Mistake[] = [
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
  [
    "a key with something behind it",
    withMachine({}, { sshKeys: [KEY.replace(" me@", "AAA= me@")] }),
    "nixos-vps:admin.sshKeys[0]",
    /not whole/,
  ],
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

test.each([...ofTheStack, ...ofTheAdmin])("%s is refused at its place", expectOnly);

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
