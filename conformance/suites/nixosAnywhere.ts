// The real nixos-anywhere, where somebody has it at hand: it installs NixOS on an emulated server, all phases in one run and in two.
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Emulator, startEmulator } from "../../emulator/src";
import { Operator } from "../nixosAnywhere/operator";
import { type Target, newTarget } from "../nixosAnywhere/target";
import { type Context, type Findings, Skipped, type Suite } from "../suite";
import { lastLines } from "../tools/output";

export const nixosAnywhere: Suite = {
  name: "nixos-anywhere",
  what: "the real nixos-anywhere installs NixOS on an emulated server",
  run,
};

// The script looks once a second whether the machine has gone. It has to be away for longer, in real time, or it is waited for for ever.
const AWAY_SECONDS = 60;
const TIME_SCALE = 8;

async function run({ env, detail }: Context): Promise<Findings> {
  const script = await scriptIn(env);
  const folder = await mkdtemp(join(tmpdir(), "conformance-nixos-anywhere-"));
  const cloud = await startEmulator({
    stateDir: folder,
    machines: true,
    latencies: { kexec: AWAY_SECONDS, reboot: AWAY_SECONDS },
    timeScale: TIME_SCALE,
  });
  try {
    const operator = await Operator.prepare(join(folder, "operator"), { script, env, sshConfig: cloud.sshConfig });
    const findings: Findings = { versions: `nixos-anywhere at ${script}`, facts: [], problems: [] };
    const cases: [string, string[][]][] = [
      ["in one run", [["--extra-files", operator.extraFiles, "--chown", "/home/alice/file", "1000:100"]]],
      [
        "in two runs",
        [
          ["--phases", "kexec,disko"],
          ["--phases", "install,reboot", "--copy-host-keys"],
        ],
      ],
    ];
    for (const [index, [name, runs]] of cases.entries()) {
      detail(name);
      const target = await newTarget(cloud, operator, `machine-${index + 1}`);
      await install(cloud, operator, target, { name, runs }, findings);
    }
    return findings;
  } finally {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function install(
  cloud: Emulator,
  operator: Operator,
  target: Target,
  { name, runs }: { name: string; runs: string[][] },
  { facts, problems }: Findings,
): Promise<void> {
  const began = cloud.clock.now();
  const steps: string[] = [];
  for (const args of runs) {
    const { code, output } = await operator.nixosAnywhere(["--kexec", operator.kexecTarball, ...args], target);
    steps.push(...[...output.matchAll(/^### (.*) ###$/gm)].map(([, step]) => step ?? ""));
    if (code !== 0) {
      problems.push(`${name}: ${args.join(" ")} ended with ${code}:\n${lastLines(output, 25)}`);
      return;
    }
  }
  await target.untilBooted();
  const seconds = Math.round((cloud.clock.now() - began) / 1000);
  const system = await target.on("readlink -f /run/current-system");
  const expected: [what: string, seen: string, wanted: string][] = [
    ["what runs", system, await operator.systemOf(target)],
    ["what boots", await target.on("grep -om 1 'init=[^ ]*' /boot/grub/grub.cfg"), `init=${system}/init`],
    ["the host name", await target.on("hostname"), target.name],
  ];
  if (runs.length === 1) {
    expected.push(["the owner of an extra file", await target.on("stat -c %u:%g /home/alice/file"), "1000:100"]);
    expected.push(["the host key", await target.hostKey(), operator.hostKey]);
  } else {
    expected.push(["the host key", await target.hostKey(), target.firstHostKey]);
  }
  for (const [what, seen, wanted] of expected) if (seen !== wanted) problems.push(`${name}: ${what} is ${seen}, and should be ${wanted}`);
  problems.push(...cloud.journal.violations().map(({ text }) => `${name}: ${text}`));
  facts.push(`${name}: ${steps.length} steps of its own, ${seconds} emulated seconds, ${system.slice("/nix/store/".length)}`);
}

/** @throws Skipped when there is none, or not all of it */
async function scriptIn(env: NodeJS.ProcessEnv): Promise<string> {
  const script = env["NIXOS_ANYWHERE"];
  if (script === undefined || script === "") {
    throw new Skipped("NIXOS_ANYWHERE is not set. Give it the path of src/nixos-anywhere.sh in a checkout of nix-community/nixos-anywhere");
  }
  if (process.platform !== "linux") throw new Skipped("emulated machines need Linux");
  for (const file of [script, join(dirname(script), "get-facts.sh")]) {
    await access(file).catch(() => {
      throw new Skipped(`there is no ${file}; NIXOS_ANYWHERE names the script in a whole checkout, with get-facts.sh beside it`);
    });
  }
  // A program of that name may be the emulator's own stand-in, which would prove nothing.
  if (!(await readFile(script, "utf8")).includes("uploadSshKey")) throw new Skipped(`${script} is not nixos-anywhere's own script`);
  return script;
}
