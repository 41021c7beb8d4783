// What nixos-anywhere asks of `nix`: settings, the target's system, the disko script and the system as store paths, and to copy them to
// the target. Everything else is refused.
import { evaluate } from "../../src/machines/store/evaluate";
import type { SystemDescription } from "../../src/machines/system";
import { copyTo } from "./copy";
import { MadeUpStore } from "./store";

/** What this `nix` builds for. */
const SYSTEM = "x86_64-linux";

/** Flags and how many words follow them that mean nothing here. */
const IGNORED: Partial<Record<string, number>> = {
  "--extra-experimental-features": 1,
  "--no-write-lock-file": 0,
  "--print-out-paths": 0,
  "--no-link": 0,
  "--raw": 0,
  "--apply": 1,
  "--substitute-on-destination": 0,
  "-L": 0,
};

async function main(): Promise<string> {
  const { verb, words, to } = read(process.argv.slice(2));
  const store = new MadeUpStore(variable("HCLOUD_EMULATOR_STORE"));
  switch (verb) {
    case "config":
      return setting(words[1] ?? "");
    case "eval":
      return evaluated(words[0] ?? "");
    case "build": {
      const { folder, attribute, output } = parts(words[0] ?? "");
      return store.build(await describe(folder, attribute), output);
    }
    case "copy":
      if (to === undefined || words[0] === undefined) throw new Error("nix copy is emulated with --to and one store path");
      await copyTo(to, words[0], store);
      return "";
    default:
      throw new Error(`nix ${verb} is not emulated on the operator's side`);
  }
}

function read(argv: readonly string[]): { verb: string; words: string[]; to: string | undefined } {
  const rest = [...argv];
  const words: string[] = [];
  let to: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const ignored = IGNORED[word];
    if (word === "--to") to = rest.shift();
    else if (ignored !== undefined) rest.splice(0, ignored);
    else if (word.startsWith("-")) throw new Error(`nix: the flag ${word} is not emulated on the operator's side`);
    else words.push(word);
  }
  const [verb = "", ...others] = words;
  return { verb, words: others, to };
}

function setting(name: string): string {
  if (name === "system") return SYSTEM;
  if (name === "extra-platforms") return "";
  throw new Error(`nix config show ${name} is not emulated`);
}

async function evaluated(reference: string): Promise<string> {
  const { folder, attribute, output } = parts(reference);
  if (output === "pkgs.system") return (await describe(folder, attribute)).system;
  if (output === "nix.settings.substituters") return "https://cache.nixos.org";
  if (output === "nix.settings.trusted-public-keys") return "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
  throw new Error(`nix eval of ${output} is not emulated`);
}

/** `DIR#nixosConfigurations."NAME".config.OUTPUT` */
function parts(reference: string): { folder: string; attribute: string; output: string } {
  const match = /^(?:path:)?([^#?]+)(?:\?[^#]*)?#nixosConfigurations\."?([A-Za-z0-9_-]+)"?\.(?:config\.)?(.+)$/.exec(reference);
  if (!match?.[1] || !match[2] || !match[3]) throw new Error(`'${reference}' is no part of a NixOS configuration`);
  return { folder: match[1], attribute: match[2], output: match[3] };
}

function describe(folder: string, attribute: string): Promise<SystemDescription> {
  const command: unknown = JSON.parse(variable("HCLOUD_EMULATOR_EVALUATOR"));
  if (!Array.isArray(command) || !command.every((word) => typeof word === "string")) {
    throw new Error("HCLOUD_EMULATOR_EVALUATOR must be a JSON array: the program that evaluates flakes, and its first arguments");
  }
  return evaluate(command, folder, attribute);
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set; see the first lines of emulator/operator/nix/nix`);
  return value;
}

main().then(
  (answer) => {
    if (answer !== "") process.stdout.write(`${answer}\n`);
  },
  (error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
