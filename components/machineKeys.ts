// The ssh identities of a machine, derived from one secret of the Pulumi state. Derived and not generated on the machine, so that the
// very first connection can be pinned already and a recreated machine keeps its host key.
import { createPrivateKey, hkdfSync } from "node:crypto";
import * as sshpk from "sshpk";

export interface KeyPair {
  /** OpenSSH form, with a trailing newline. A secret. */
  privateKey: string;
  /** One line as in `authorized_keys`: `ssh-ed25519 AAAA… comment`. */
  publicKey: string;
}

/** What a key is for. Each has a label of its own in the derivation, so that none tells anything of another. */
export type KeyPurpose = "host" | "bootstrap-host" | "deploy";

/** Fixed part of a PKCS#8 document around a 32-byte ed25519 seed (RFC 8410). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The key pair of a machine for one purpose. The same secret, machine and purpose always give the same pair.
 *
 * @param secret at least 32 characters with full entropy, e.g. a `random.RandomPassword` of 64
 * @throws when the secret is shorter than that
 */
export function deriveKeyPair(secret: string, machine: string, purpose: KeyPurpose): KeyPair {
  if (secret.length < 32) throw new Error(`The secret that ${machine}'s keys are derived from is too short; 32 characters are needed.`);
  const seed = Buffer.from(hkdfSync("sha256", secret, "nixos-vps/v1", `ssh/${purpose}`, 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
  const parsed = sshpk.parsePrivateKey(key.export({ format: "pem", type: "pkcs8" }).toString(), "pem");
  parsed.comment = `${machine} ${purpose}`;
  return { privateKey: withoutRandomness(parsed.toString("openssh")), publicKey: parsed.toPublic().toString("ssh") };
}

/** Where the two equal check numbers stand in an unencrypted ed25519 key of OpenSSH's form (PROTOCOL.key). */
const CHECK_NUMBERS = { start: 98, length: 8 };

/**
 * OpenSSH's form holds a random number twice, by which a decryption is checked. In an unencrypted key it serves no purpose, and left
 * random it would make every `pulumi up` see changed inputs.
 */
function withoutRandomness(privateKey: string): string {
  const [begin, ...rest] = privateKey.trimEnd().split("\n");
  const end = rest.pop();
  const body = Buffer.from(rest.join(""), "base64");
  body.fill(0, CHECK_NUMBERS.start, CHECK_NUMBERS.start + CHECK_NUMBERS.length);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return [begin, ...lines, end, ""].join("\n");
}
