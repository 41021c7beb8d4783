// What a person may write in Pulumi.<stack>.yaml: keys, kinds of values, limits and the defaults that are the same for everyone.
// Rules over several values are in rules/, defaults that follow from other values in resolve.ts, prose in docs/configuration.md.
import { z } from "zod";
import { IMAGES, whyNotImage } from "./hetzner/images";
import { isLabelKey, isLabelValue } from "./hetzner/labels";
import { LOCATIONS, whyNotDatacenter, whyNotLocation } from "./hetzner/locations";
import { whyNotTypeName } from "./hetzner/serverTypes";
import { isNetwork, whyNotNetwork } from "./reading/network";
import { isPassphrase, PASSPHRASE, whyNotPassphrase } from "./reading/passphrase";
import { isPublicKey, whyNotPublicKey } from "./reading/sshKey";
import { said } from "./reading/words";

/** The grammar of names is the one of steps/facts.ts; a test holds the two against each other. */
const machineName = said(
  z.string().regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/),
  "a host name of 1 to 63 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
);

/** Of volumes and of health checks. */
const shortName = said(
  z.string().regex(/^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/),
  "1 to 31 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
);

const portNumber = z.int().min(1).max(65535);

const flag = () => said(z.boolean(), "true or false");

/** All keys of the admin are optional here: a machine's admin overrides the stack's key by key. */
export const adminSchema = said(
  z.strictObject({
    name: said(
      z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/),
      "a login name of 1 to 32 lower-case letters, digits, dashes and underscores, beginning with a letter",
    ).optional(),
    uid: said(z.int().min(1000).max(59999), "a user number from 1000 to 59999").optional(),
    sshKeys: said(
      z.array(said(z.string().refine(isPublicKey), "an OpenSSH public key on one line", { instead: whyNotPublicKey })).min(1),
      "a list of at least one OpenSSH public key",
    ).optional(),
  }),
  "the keys name, uid and sshKeys",
);

export const volumeSchema = said(
  z.strictObject({
    size: said(z.int().min(10).max(10240), "a whole number of GB from 10 to 10240"),
    mountPoint: said(
      z
        .string()
        .max(255)
        .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$|^\/$/),
      "an absolute path of letters, digits, dots, dashes and underscores without a slash at its end, e.g. /srv/data",
    ).optional(),
    store: flag().optional(),
    encrypted: flag().default(false),
    passphrase: said(z.string().refine(isPassphrase), PASSPHRASE, { instead: whyNotPassphrase }).optional(),
  }),
  "a volume, e.g. { size: 50 }",
);

const firewallRule = said(
  z.strictObject({
    port: said(
      z.union([portNumber, z.string().regex(/^\d{1,5}(-\d{1,5})?$/)]),
      'a port from 1 to 65535, or a range of ports in quotes, e.g. "8000-8100"',
    ).optional(),
    protocol: said(z.enum(["tcp", "udp", "icmp", "esp", "gre"]), "one of tcp, udp, icmp, esp, gre").default("tcp"),
    from: said(
      z
        .array(said(z.string().refine(isNetwork), "a network, e.g. 192.0.2.0/24 or 2001:db8::/32", { instead: whyNotNetwork }))
        .min(1)
        .max(100),
      "a list of 1 to 100 networks",
    ).optional(),
  }),
  "a rule, e.g. { port: 443 }",
);

const firewall = said(
  z.union([z.literal(false), z.strictObject({ allow: said(z.array(firewallRule), "a list of rules, e.g. [{ port: 443 }]").default([]) })]),
  "false for none, or { allow: [...] }",
);

const webAddress = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[!-~]*)?$|^https?:\/\/\[[0-9A-Fa-f:]+\](:\d{1,5})?(\/[!-~]*)?$/;

export const healthCheckSchema = said(
  z.strictObject({
    http: said(z.string().max(500).regex(webAddress), "a web address, e.g. http://localhost:8080/health").optional(),
    status: said(z.int().min(100).max(599), "an HTTP status from 100 to 599").optional(),
    tcp: said(portNumber, "a port from 1 to 65535").optional(),
    command: said(
      z
        .string()
        .max(2000)
        .regex(/^[^\r\n]*\S[^\r\n]*$/),
      "one line for bash, at most 2000 characters",
    ).optional(),
    limit: said(z.int().min(1).max(180), "a whole number of seconds from 1 to 180").default(30),
  }),
  "a health check, e.g. { http: http://localhost/ }",
);

export const machineSchema = said(
  z.strictObject({
    serverType: said(z.string().regex(/^[a-z]{2,5}\d{1,3}$/), "the name of a Hetzner server type, e.g. cx23 (x86) or cax11 (Arm)", {
      instead: whyNotTypeName,
    }),
    location: said(z.enum(LOCATIONS), `one of ${LOCATIONS.join(", ")}`, { instead: whyNotLocation }),
    image: said(z.enum(IMAGES), `one of ${IMAGES.join(", ")}`, { instead: whyNotImage }).default("debian-13"),
    host: said(
      z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
      "the name of a file or folder in nix/hosts, without .nix: lower-case letters, digits and dashes",
    ).optional(),
    admin: adminSchema.optional(),
    volumes: said(z.record(shortName, volumeSchema), "volumes by name, e.g. { home: { size: 50 } }, or {} for none").default({}),
    strategy: said(z.enum(["overlap", "delete-first"]), "overlap or delete-first").default("overlap"),
    recreate: said(z.int().min(0), "a whole number from 0 up").default(0),
    reinstall: said(z.int().min(0), "a whole number from 0 up").default(0),
    ssh: said(z.strictObject({ port: said(portNumber, "a port from 1 to 65535").default(2222) }), "{ port: 2222 }").prefault({}),
    ipv4: flag().default(true),
    ipv6: flag().default(true),
    firewall: firewall.prefault({}),
    rootDisk: said(
      z.strictObject({
        fileSystem: said(z.enum(["ext4", "zfs"]), "ext4 or zfs").default("ext4"),
        encrypted: flag().default(false),
      }),
      "{ fileSystem: ext4 }",
    ).prefault({}),
    healthChecks: said(z.record(shortName, healthCheckSchema), "health checks by name, e.g. { web: { http: http://localhost/ } }").default(
      {},
    ),
    labels: said(
      z.record(
        said(
          z.string().refine(isLabelKey),
          "at most 63 letters, digits, dots, dashes and underscores, after an optional DNS name and a slash",
        ),
        said(
          z.string().refine(isLabelValue),
          "a text of at most 63 letters, digits, dots, dashes and underscores, beginning and ending with a letter or digit",
        ),
      ),
      "labels, e.g. { team: web }",
    ).default({}),
  }),
  "a machine with its serverType and location",
  { formerKeys: new Map([["datacenter", whyNotDatacenter]]) },
);

/** The keys below `nixos-vps:`. */
export const stackSchema = said(
  z.strictObject({
    machines: said(z.record(machineName, machineSchema), "the machines by name, each with its serverType and location, or {} for none"),
    admin: adminSchema.prefault({}),
  }),
  "the keys machines and admin",
);

export type WrittenStack = z.output<typeof stackSchema>;
export type WrittenMachine = WrittenStack["machines"][string];
export type WrittenAdmin = z.output<typeof adminSchema>;
export type WrittenHealthCheck = z.output<typeof healthCheckSchema>;
export type WrittenVolume = z.output<typeof volumeSchema>;
