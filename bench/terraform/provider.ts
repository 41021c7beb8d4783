// Hetzner's provider for Terraform, built from its Go module, as no download of it is asked for here.
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";

/** The version whose behaviour is known here (hetzner-api.md §3). */
const VERSION = "1.60.1";
const MODULE = "github.com/hetznercloud/terraform-provider-hcloud";

/**
 * @returns folder with the provider's program, for `dev_overrides`
 * @throws Error when it cannot be built
 */
export async function ensureProvider(say: (text: string) => void): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "nixos-vps", "bench", `terraform-provider-hcloud-${VERSION}`);
  if (existsSync(folder)) return folder;
  say("building Hetzner's provider for Terraform (some minutes, once)");
  const work = mkdtempSync(join(tmpdir(), "terraform-provider-"));
  try {
    for (const file of ["go.mod", "go.sum"]) cpSync(join(__dirname, "provider", file), join(work, file));
    // -mod=mod: its own dependencies are looked up and checked by Go; the two lines in go.sum are what the checksum database does not answer.
    const env = { GOFLAGS: "-mod=mod", GOWORK: "off", CGO_ENABLED: "0" };
    await execa("go", ["build", "-o", join(work, "out", "terraform-provider-hcloud"), MODULE], { cwd: work, env });
    mkdirSync(join(folder, ".."), { recursive: true });
    renameAcross(join(work, "out"), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** The temporary folder may be another file system; whoever finds the folder must find it whole. */
function renameAcross(from: string, to: string): void {
  const beside = `${to}.${process.pid.toString()}`;
  cpSync(from, beside, { recursive: true });
  renameSync(beside, to);
}
