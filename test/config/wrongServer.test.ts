// What can be wrong with a machine's server.
import { KEY, type Mistake, expectOnly, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver";

const ofTheServer: Mistake[] = [
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
  ["a secret in place of settings", withMachine({ ssh: { secure: "v1:abc" } }), `${AT}.ssh`, /is marked `secure:`/],
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

test.each([...ofTheServer])("%s is refused at its place", expectOnly);
