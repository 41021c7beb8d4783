// What OpenSSH itself makes of the configuration and of the shim: `ssh -G` prints the options that would be used.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SshTarget, knownHostsLine, sshConfig } from "../../../steps/ssh/config";
import { sshShim } from "../../../steps/ssh/shim";
import { newKeyPair } from "../support/samples";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const host = newKeyPair();
const target: SshTarget = { address: "198.18.0.9", port: 2222, alias: "final.devserver", hostPublicKey: host.public };

function files(include?: string): { folder: string; identity: string; knownHosts: string; config: string; include?: string } {
  const folder = newFolder();
  const made = { folder, identity: join(folder, "key"), knownHosts: join(folder, "known hosts"), config: join(folder, "config"), include };
  writeFileSync(made.knownHosts, knownHostsLine(target));
  writeFileSync(made.config, sshConfig(target, made));
  return made;
}

/** Options as ssh understands them, keyed by lower-case name; of what may be said several times, the one that is tried first. */
function effective(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Map<string, string> {
  const text = execFileSync(command, ["-T", "-G", ...args], { encoding: "utf8", env });
  const lines = text.trim().split("\n").reverse();
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", line.split(" ").slice(1).join(" ")]));
}

test("only the expected host key and only our key take part", () => {
  const { config, identity, knownHosts } = files();

  const options = effective("ssh", ["-F", config, target.address]);

  expect(options.get("stricthostkeychecking")).toBe("true");
  expect(options.get("userknownhostsfile")).toBe(knownHosts);
  expect(options.get("globalknownhostsfile")).toBe("/dev/null");
  expect(options.get("hostkeyalias")).toBe("final.devserver");
  expect(options.get("hostkeyalgorithms")).toBe("ssh-ed25519");
  expect(options.get("identitiesonly")).toBe("yes");
  expect(options.get("identityagent")).toBe("none");
  expect(options.get("identityfile")).toBe(identity);
  expect(options.get("batchmode")).toBe("yes");
  expect(options.get("user")).toBe("root");
  expect(options.get("port")).toBe("2222");
  expect(options.get("controlmaster")).toBe("false");
});

test("the operator's own file says how to get there, but not whom to trust", () => {
  const include = join(newFolder(), "own config");
  writeFileSync(
    include,
    "Host *\n  ProxyCommand bastion %h %p\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  IdentityFile /other\n",
  );
  const { config, knownHosts, identity } = files(include);

  const options = effective("ssh", ["-F", config, target.address]);

  expect(options.get("proxycommand")).toBe("bastion %h %p");
  expect(options.get("stricthostkeychecking")).toBe("true");
  expect(options.get("userknownhostsfile")).toBe(knownHosts);
  expect(options.get("identityfile")).toBe(identity);
});

test("a bastion on the way keeps its own host key and account", () => {
  const include = join(newFolder(), "own");
  writeFileSync(
    include,
    `Host ${target.address}\n  ProxyJump bastion.example\nHost bastion.example\n  User jump\n  UserKnownHostsFile /own\n`,
  );
  const { config } = files(include);

  expect(effective("ssh", ["-F", config, target.address]).get("proxyjump")).toBe("bastion.example");
  const bastion = effective("ssh", ["-F", config, "bastion.example"]);
  expect(bastion.get("user")).toBe("jump");
  expect(bastion.get("userknownhostsfile")).toBe("/own");
  expect(bastion.has("hostkeyalias")).toBe(false);
});

test("an IPv6 address is pinned like any other", () => {
  const folder = newFolder();
  const six = { ...target, address: "2001:db8::7" };
  writeFileSync(join(folder, "config"), sshConfig(six, { identity: "/key", knownHosts: "/known" }));

  expect(effective("ssh", ["-F", join(folder, "config"), six.address]).get("hostkeyalias")).toBe("final.devserver");
});

describe("the ssh in front of nixos-anywhere's PATH", () => {
  /** As nixos-anywhere calls it (nixos-deployment.md §1.3). */
  const theirs = ["-o", "IdentitiesOnly=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-p", "22"];

  function shim(at: SshTarget, destination: string): { command: string; env: NodeJS.ProcessEnv; knownHosts: string } {
    const made = files();
    const folder = join(newFolder(), "it's here");
    mkdirSync(folder);
    writeFileSync(join(folder, "ssh"), sshShim(at, made, destination));
    chmodSync(join(folder, "ssh"), 0o755);
    return {
      command: join(folder, "ssh"),
      env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` },
      knownHosts: made.knownHosts,
    };
  }

  test("is stronger than the options that switch host key checking off", () => {
    const { command, env, knownHosts } = shim(target, target.address);

    const options = effective(command, [...theirs, `root@${target.address}`], env);

    expect(options.get("stricthostkeychecking")).toBe("true");
    expect(options.get("userknownhostsfile")).toBe(knownHosts);
    expect(options.get("identitiesonly")).toBe("yes");
    // The port stays theirs: they change it after kexec.
    expect(options.get("port")).toBe("22");
  });

  test("pins every destination, also one that it was not told of", () => {
    const { command, env } = shim(target, target.address);

    expect(effective(command, [...theirs, "root@elsewhere.example"], env).get("stricthostkeychecking")).toBe("true");
  });

  test("turns the name that stands for an IPv6 address back into the address, and leaves other words whole", () => {
    const { command, env } = shim({ ...target, address: "2001:db8::7" }, "devserver.invalid");

    expect(effective(command, [...theirs, "root@devserver.invalid"], env).get("hostname")).toBe("2001:db8::7");
    const options = effective(command, ["-o", "ProxyCommand=a 'b  c' $d", "devserver.invalid"], env);
    expect(options.get("proxycommand")).toBe("a 'b  c' $d");
    expect(options.get("hostname")).toBe("2001:db8::7");
  });
});
