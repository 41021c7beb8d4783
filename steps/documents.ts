// What each step reads on stdin and prints on stdout. The components write these documents, the steps check them: a step that is
// run by hand with a wrong one says which field is wrong and touches nothing.
import { z } from "zod";
import { facts, hardwareFacts, volumeFacts } from "./facts";

/** Where a machine is and how to be sure that it is the right one. Every ssh connection is pinned by this. */
const connection = z.strictObject({
  version: z.literal(1),
  stack: z.string(),
  machine: z.string(),
  server: z.strictObject({ id: z.int().positive(), name: z.string() }),
  /** IPv4 or IPv6 address that ssh connects to. */
  address: z.string(),
  ssh: z.strictObject({
    /** Port of the finished machine; the cloud image and the installer answer on 22. */
    port: z.int(),
    /** Private key in OpenSSH form. */
    deployKey: z.string(),
    /** Public host key of the finished machine. */
    hostPublicKey: z.string(),
    /** Public host key of the cloud image and, as kexec keeps it, of the installer. */
    bootstrapHostPublicKey: z.string(),
  }),
  api: z.strictObject({
    /** With `/v1`, e.g. `https://api.hetzner.cloud/v1`. */
    endpoint: z.string(),
    token: z.string(),
  }),
});

/** Facts as far as they are known before the server is. */
const draftFacts = facts.omit({ hardware: true });

/**
 * What the machine's encrypted volumes are opened with, by the volume's name: a secret that goes over ssh into a file of root's, never into
 * facts or flake. Left out where no volume is encrypted.
 */
const passphrases = z.record(z.string(), z.string()).optional();

/**
 * UUIDs of the file systems that held something when the machine ran with them last, by the volume's name. Left out by documents of earlier
 * versions.
 */
const fileSystems = z.record(z.string(), z.string()).optional();

const leased = connection.extend({
  volume: volumeFacts,
  /** What the volume has at Hetzner, in GB. Not one of the facts: a volume that grows is no other system. */
  size: z.int().positive(),
});

export const documents = {
  stage: {
    input: connection.extend({
      facts: draftFacts,
      /** Private host key of the finished machine in OpenSSH form. */
      hostKey: z.string(),
      /** Folder of the flake, relative to the project's folder. */
      flake: z.string(),
      /** Hetzner's name of the cloud image that the installer is started from. */
      image: z.string().default("debian-13"),
      /** How often the machine is to have been installed again on its server. */
      reinstall: z.int().min(0).default(0),
      fileSystemsBefore: fileSystems,
      passphrases,
    }),
    output: z.strictObject({ hardware: hardwareFacts, installed: z.boolean() }),
  },
  lease: {
    input: leased,
    output: z.strictObject({ volume: z.int(), device: z.string(), size: z.int() }),
  },
  /** What an update of a lease runs. */
  grow: {
    input: leased,
    output: z.strictObject({ volume: z.int(), device: z.string(), size: z.int() }),
  },
  release: {
    // The lease's document, as it was recorded last.
    input: leased.partial({ size: true }),
    output: z.strictObject({ volume: z.int(), how: z.enum(["gone", "unused", "unmounted", "powered off", "forced off"]) }),
  },
  takeOver: {
    input: connection.extend({
      facts,
      hostKey: z.string(),
      flake: z.string(),
      reinstall: z.int().min(0).default(0),
      fileSystemsBefore: fileSystems,
      passphrases,
    }),
    output: z.strictObject({ system: z.string(), generation: z.int() }),
  },
  switch: {
    input: connection.extend({ facts, flake: z.string(), passphrases }),
    output: z.strictObject({
      system: z.string(),
      generation: z.int(),
      changed: z.boolean(),
      rebooted: z.boolean(),
      /** Where ssh answers from now on. */
      port: z.int(),
      fileSystems,
    }),
  },
  /** Before Hetzner powers the server off hard (rescale, change of addresses). */
  shutDown: {
    input: connection.extend({
      /** The machine's, to name them where it has to be cut off. Left out where they are not known. */
      volumes: z.array(z.strictObject({ name: z.string(), mountPoint: z.string() })).optional(),
    }),
    output: z.strictObject({ how: z.enum(["gone", "off already", "powered off", "forced off"]) }),
  },
  /** Who answers at an address; touches nothing. */
  identify: {
    input: connection,
    /** Null when nobody answers. */
    output: z.strictObject({ stage: z.enum(["cloud image", "installer", "nixos"]).nullable() }),
  },
} as const;

export type StepName = keyof typeof documents;
export type StepInput<S extends StepName> = z.infer<(typeof documents)[S]["input"]>;
export type StepOutput<S extends StepName> = z.infer<(typeof documents)[S]["output"]>;
