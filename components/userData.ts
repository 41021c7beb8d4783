/**
 * cloud-init user data of a new server: nothing but the bootstrap host key, so that the first ssh connection can be pinned.
 *
 * Hetzner keeps user data readable from inside the server for its whole life, so the machine's final host key is never in it; that
 * one travels over the pinned connection.
 *
 * @param key private key in OpenSSH form and its public line
 */
export function bootstrapUserData(key: { privateKey: string; publicKey: string }): string {
  return [
    "#cloud-config",
    "ssh_deletekeys: true",
    "ssh_genkeytypes: []",
    "ssh_keys:",
    "  ed25519_private: |",
    ...key.privateKey
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`),
    `  ed25519_public: ${key.publicKey}`,
    "ssh_pwauth: false",
    // The installer takes over within a minute; an upgrade running meanwhile would hold locks and memory.
    "package_update: false",
    "package_upgrade: false",
    "",
  ].join("\n");
}
