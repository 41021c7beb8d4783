// A project folder of its own, so that a story or a test can change the configuration and the flake without touching the checkout:
// the program by reference, the flake as a copy.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { CHECKOUT } from "../toolchain/checkout";

/** The program itself, which does not change from project to project. */
const SHARED = ["index.js", "index.ts", "config", "components", "steps", "toolchain", "package.json", "node_modules"];

export type StackSettings = Record<string, unknown>;

/** Provider settings that make waiting for an emulated action short. */
const QUICK_POLLS = { "hcloud:pollInterval": "50ms", "hcloud:pollFunction": "constant" };

export class Project {
  constructor(
    /** An existing, empty folder. */
    readonly folder: string,
  ) {
    for (const name of SHARED) symlinkSync(join(CHECKOUT, name), join(folder, name));
    writeFileSync(join(folder, "Pulumi.yaml"), readFileSync(join(CHECKOUT, "Pulumi.yaml")));
    cpSync(join(CHECKOUT, "nix"), join(folder, "nix"), { recursive: true });
    mkdirSync(join(folder, ".state"));
  }

  /** Folder of Pulumi's file back end. */
  get backend(): string {
    return join(this.folder, ".state");
  }

  /** Writes `Pulumi.<stack>.yaml`. Keys without a namespace are the program's own. */
  configure(stack: string, settings: StackSettings): void {
    const own = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key.includes(":") ? key : `nixos-vps:${key}`, value]));
    const file = join(this.folder, `Pulumi.${stack}.yaml`);
    writeFileSync(file, stringify({ ...keepSalt(file), config: { ...QUICK_POLLS, ...own } }));
  }

  /** What a real evaluation would find in changed modules, see `local/evaluator.ts`. */
  emulate(extra: Record<string, unknown>): void {
    writeFileSync(join(this.folder, "nix", "emulated.json"), `${JSON.stringify(extra, null, 2)}\n`);
  }
}

/** Pulumi keeps what its encryption needs in the same file; without it the state's secrets could not be read again. */
function keepSalt(file: string): Record<string, string> {
  try {
    const salt = /^encryptionsalt: (.*)$/m.exec(readFileSync(file, "utf8"))?.[1];
    return salt ? { encryptionsalt: salt } : {};
  } catch {
    return {};
  }
}
