import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findInstaller, NIXOS_ANYWHERE } from "../../../steps/nixosAnywhere/find";
import { makeExtraFiles } from "../../../steps/nixosAnywhere/extraFiles";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();

function computerWith(...programs: string[]): Parameters<typeof findInstaller>[0] {
  const path = newFolder();
  for (const program of programs) {
    writeFileSync(join(path, program), "");
    chmodSync(join(path, program), 0o755);
  }
  return { path: `${path}:/nowhere`, workspace: "/tmp/work", shim: "/tmp/work/bin", alsoMount: ["/own/ssh_config"] };
}

test("what is on PATH comes first, then a local Nix, then Docker", () => {
  expect(findInstaller(computerWith("nixos-anywhere", "nix", "docker"))).toMatchObject({
    kind: "path",
    command: "nixos-anywhere",
    args: [],
  });
  expect(findInstaller(computerWith("nix", "docker"))).toMatchObject({ kind: "nix", command: "nix" });
  expect(findInstaller(computerWith("docker")).kind).toBe("docker");
});

test("Nix and Docker run one pinned revision, and Docker sees the step's folder and nothing secret in its arguments", () => {
  expect(NIXOS_ANYWHERE).toMatch(/^github:nix-community\/nixos-anywhere\/[0-9a-f]{40}$/);
  expect(findInstaller(computerWith("nix")).args).toContain(NIXOS_ANYWHERE);

  const { args } = findInstaller(computerWith("docker"));
  expect(args).toEqual(
    expect.arrayContaining(["--volume=/tmp/work:/tmp/work", "--volume=/own/ssh_config:/own/ssh_config:ro", NIXOS_ANYWHERE]),
  );
  expect(args.find((arg) => arg.startsWith("--env=PATH="))).toMatch(/^--env=PATH=\/tmp\/work\/bin:/);
});

test("without any way there is one error that names all", () => {
  expect(() => findInstaller(computerWith("ssh"))).toThrow(/nixos-anywhere.*Nix.*Docker.*nothing was changed/s);
});

test("the tree for a new system has the modes that the machine shall have, whatever the umask", () => {
  const [folder, flake] = [join(newFolder(), "extra"), newFolder()];
  writeFileSync(join(flake, "flake.nix"), "{ }");
  const before = process.umask(0o077);
  try {
    makeExtraFiles(folder, {
      hostKeyPath: "/etc/ssh/key",
      hostKey: "secret",
      hostPublicKey: "ssh-ed25519 AAAA",
      flake,
      reason: "abc",
      reinstall: 2,
      passphrases: { home: "correct horse battery staple" },
    });
  } finally {
    process.umask(before);
  }

  const modes = ["", "etc", "etc/ssh", "etc/ssh/key", "etc/ssh/key.pub", "etc/nixos", "var/lib/nixos-vps"].map((path) =>
    (statSync(join(folder, path)).mode & 0o777).toString(8),
  );
  expect(modes).toEqual(["755", "755", "755", "600", "644", "755", "755"]);
  expect(readFileSync(join(folder, "etc/ssh/key"), "utf8")).toBe("secret\n");
  const keys = ["etc/secrets", "etc/secrets/volumes", "etc/secrets/volumes/home"];
  expect(keys.map((path) => (statSync(join(folder, path)).mode & 0o777).toString(8))).toEqual(["755", "700", "600"]);
  // Every byte is the passphrase.
  expect(readFileSync(join(folder, "etc/secrets/volumes/home"), "utf8")).toBe("correct horse battery staple");
  expect(readFileSync(join(folder, "etc/nixos/flake.nix"), "utf8")).toBe("{ }");
  expect(readFileSync(join(folder, "var/lib/nixos-vps/reinstalled"), "utf8")).toBe("2\n");
});
