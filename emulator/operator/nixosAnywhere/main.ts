// nixos-anywhere's order of work: read the command line, build before the target is touched, first contact, facts, then the phases.
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { evaluate } from "../../src/machines/store/evaluate";
import { Store } from "../../src/machines/store/store";
import { Abort, type Arguments, parseArguments } from "./arguments";
import { disko, importFacts, install, kexec, reboot } from "./phases";
import { Remote, RemoteFailure } from "./remote";

const execute = promisify(execFile);

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  const folder = await mkdtemp(join(tmpdir(), "nixos-anywhere-"));
  try {
    await work(args, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function work(args: Arguments, folder: string): Promise<void> {
  const store = new Store(join(folder, "store"));
  const description = await evaluate(evaluator(), args.flake.folder, args.flake.attribute);
  const built = await store.build(description);

  const identity = await identityIn(folder, args);
  const remote = new Remote(args.target, args.port, identity, args.sshOptions);
  // Without the kexec phase the target is taken for an installer, and nobody checks that it is one.
  if (!args.phases.has("kexec")) remote.asRoot();
  await uploadSshKey(remote, identity);
  const facts = await importFacts(remote);
  if (args.phases.has("kexec")) await kexec(remote, args, facts);
  if (args.phases.has("disko")) await disko(remote, args, description);
  if (args.phases.has("install")) await install(remote, args, store, built);
  if (args.phases.has("reboot")) await reboot(remote);
  process.stderr.write("### Done! ###\n");
}

function evaluator(): string[] {
  const text = process.env.HCLOUD_EMULATOR_EVALUATOR;
  const parsed: unknown = text === undefined ? undefined : JSON.parse(text);
  if (Array.isArray(parsed) && parsed.every((word) => typeof word === "string") && parsed.length > 0) return parsed;
  throw new Abort(
    "HCLOUD_EMULATOR_EVALUATOR must be a JSON array with the program that evaluates flakes; use the nixos-anywhere of the emulator's operatorBin",
  );
}

/** The given key, the one in the environment, or one that is gone after this run. */
async function identityIn(folder: string, args: Arguments): Promise<string> {
  const path = join(folder, "nixos-anywhere");
  if (args.identity !== undefined) await copyFile(args.identity, path);
  else if (process.env.SSH_PRIVATE_KEY !== undefined) await writeFile(path, `${process.env.SSH_PRIVATE_KEY.trim()}\n`);
  else await execute("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "nixos-anywhere", "-f", path]);
  await chmod(path, 0o600);
  const { stdout } = await execute("ssh-keygen", ["-y", "-P", "", "-f", path]);
  await writeFile(`${path}.pub`, stdout);
  return path;
}

/** As ssh-copy-id: again and again until it works. */
async function uploadSshKey(remote: Remote, identity: string): Promise<void> {
  const key = (await readFile(`${identity}.pub`, "utf8")).trim();
  const [type = "", body = ""] = key.split(" ");
  const add = `umask 077; mkdir -p ~/.ssh; cat >~/.ssh/.new; grep -qsF '${type} ${body}' ~/.ssh/authorized_keys /etc/ssh/authorized_keys.d/root || cat ~/.ssh/.new >>~/.ssh/authorized_keys; rm -f ~/.ssh/.new`;
  for (;;) {
    const { code } = await remote.run(add, { input: `${key}\n`, extra: ["-o", "ConnectTimeout=10", "-o", "IdentitiesOnly=no"] });
    if (code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

main().catch((error: unknown) => {
  const words = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Abort ? "nixos-anywhere: " : ""}${words}\n`);
  process.exitCode = error instanceof RemoteFailure ? error.code : 1;
});
