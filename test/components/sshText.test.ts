import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { deriveKeyPair } from "../../components/machineKeys";
import { sshConfigBlock } from "../../components/sshConfig";
import { bootstrapUserData } from "../../components/userData";

const key = deriveKeyPair("s".repeat(64), "devserver", "host");

test("OpenSSH understands the block and pins the host key by it", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssh-config-"));
  const file = join(folder, "config");
  writeFileSync(
    file,
    sshConfigBlock({ machine: "devserver", address: "192.0.2.7", port: 2222, user: "qwe", hostPublicKey: key.publicKey }),
  );

  const seen = execFileSync("ssh", ["-G", "-F", file, "devserver"]).toString();

  rmSync(folder, { recursive: true });
  expect(seen).toMatch(/^hostname 192\.0\.2\.7$/m);
  expect(seen).toMatch(/^port 2222$/m);
  expect(seen).toMatch(/^stricthostkeychecking true$/m);
  expect(seen).toContain(`knownhostscommand /bin/echo devserver ${key.publicKey.split(" ").slice(0, 2).join(" ")}`);
});

test("the user data is YAML that carries the bootstrap key whole", () => {
  const text = bootstrapUserData(key);

  expect(text.startsWith("#cloud-config\n")).toBe(true);
  expect(parse(text)).toMatchObject({ ssh_keys: { ed25519_private: key.privateKey, ed25519_public: key.publicKey }, ssh_deletekeys: true });
});
