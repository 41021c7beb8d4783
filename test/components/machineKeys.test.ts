import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { deriveKeyPair } from "../../components/machineKeys";

const secret = fc.string({ minLength: 32, maxLength: 64 });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("OpenSSH reads the private key and finds the same public key in it", () => {
  const pair = deriveKeyPair("s".repeat(64), "devserver", "host");
  const file = join(folder, "key");
  writeFileSync(file, pair.privateKey, { mode: 0o600 });

  expect(execFileSync("ssh-keygen", ["-y", "-f", file]).toString().trim()).toBe(pair.publicKey);
});

test("the same secret gives the same key, to the last byte", () => {
  fc.assert(
    fc.property(secret, (s) => {
      expect(deriveKeyPair(s, "devserver", "deploy")).toEqual(deriveKeyPair(s, "devserver", "deploy"));
    }),
    { numRuns: 20 },
  );
});

test("keys for different purposes and from different secrets differ", () => {
  fc.assert(
    fc.property(secret, secret, (a, b) => {
      fc.pre(a !== b);
      const keys = [
        deriveKeyPair(a, "devserver", "host"),
        deriveKeyPair(a, "devserver", "bootstrap-host"),
        deriveKeyPair(a, "devserver", "deploy"),
        deriveKeyPair(b, "devserver", "host"),
      ].map((pair) => pair.publicKey.split(" ")[1]);
      expect(new Set(keys).size).toBe(keys.length);
    }),
    { numRuns: 20 },
  );
});

test("a short secret is refused, as the keys would be guessable", () => {
  expect(() => deriveKeyPair("short", "devserver", "host")).toThrow(/too short/);
});
