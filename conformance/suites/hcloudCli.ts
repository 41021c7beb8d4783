// The `hcloud` command line, as a person types it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { startEmulator } from "../../emulator/src";
import { findExecutable } from "../../toolchain/situation";
import type { Context, Findings, Suite } from "../suite";
import { debianExecutable } from "../tools/debian";
import { lastLines } from "../tools/output";
import { leftovers } from "./leftovers";

const TOKEN = "h".repeat(64);
/** Only to end in words what would hang. */
const LONGEST_MS = 60_000;

/** A command, and what it must print; a command that must be refused stands with what the refusal must say. */
type Step = [command: string, prints?: RegExp] | [command: string, refused: "refused", says: RegExp];

const STORY: Step[] = [
  ["location list", /fsn1[^]*ash/],
  ["server-type list", /cx23/],
  ["image list", /debian-13/],
  ["iso list", /nixos/i],
  ["datacenter list", "refused", /deprecated_api_endpoint/],
  ["ssh-key create --name key --public-key-from-file key.pub"],
  ["network create --name network --ip-range 10.0.0.0/16"],
  ["network add-subnet network --type cloud --network-zone eu-central --ip-range 10.0.1.0/24"],
  ["firewall create --name firewall"],
  ["firewall add-rule firewall --direction in --protocol tcp --port 22 --source-ips 0.0.0.0/0"],
  ["placement-group create --name group --type spread"],
  ["volume create --name data --size 10 --location fsn1 --format ext4"],
  [
    "server create --name web --type cx23 --image debian-13 --location fsn1 --ssh-key key --network network --firewall firewall " +
      "--placement-group group --volume data --label role=web",
    /IPv4: \d+/,
  ],
  ["server list --selector role=web", /web\s+running/],
  ["server describe web -o json", /"name":\s*"cx23"/],
  ["server ip web", /^\d+\.\d+\.\d+\.\d+/],
  ["volume list", /data\s+10 GB\s+web\s+fsn1/],
  ["volume resize data --size 20"],
  ["volume detach data"],
  ["volume attach data --server web"],
  ["volume add-label data a=b"],
  ["volume describe data -o json", /"a":\s*"b"/],
  ["server shutdown web"],
  ["server poweroff web"],
  ["server change-type web cx33 --keep-disk"],
  ["server reboot web"],
  ["server create-image web --type snapshot --description golden --label of=me"],
  ["image list --type snapshot -o noheader", /golden/],
  ["server enable-protection web delete rebuild"],
  ["server delete web", "refused", /protected/],
  ["server disable-protection web delete rebuild"],
  ["floating-ip create --name floating --type ipv4 --server web"],
  ["floating-ip unassign floating"],
  ["primary-ip list"],
  ["certificate create --name certificate --type uploaded --cert-file certificate.pem --key-file key.pem"],
  ["load-balancer create --name balancer --type lb11 --location fsn1"],
  ["load-balancer add-service balancer --protocol tcp --listen-port 80 --destination-port 8080"],
  ["load-balancer add-target balancer --server web"],
  ["load-balancer describe balancer", /8080/],
  ["server delete web"],
  ["volume delete data"],
  ["load-balancer delete balancer"],
  ["certificate delete certificate"],
  ["floating-ip delete floating"],
  ["firewall delete firewall"],
  ["network delete network"],
  ["placement-group delete group"],
  ["ssh-key delete key"],
  ["server describe web", "refused", /not found/],
];

export const hcloudCli: Suite = { name: "hcloud", what: "the `hcloud` command line makes, shows, changes and deletes", run };

async function run(context: Context): Promise<Findings> {
  const { path, version } = await command(context);
  const folder = mkdtempSync(join(tmpdir(), "conformance-hcloud-"));
  const cloud = await startEmulator({ machines: false });
  try {
    writeKeys(folder);
    // The home is an empty one, so that no context of the user's is taken.
    const env = { ...context.env, HOME: folder, HCLOUD_CONFIG: join(folder, "cli.toml"), HCLOUD_ENDPOINT: cloud.url, HCLOUD_TOKEN: TOKEN };
    const problems: string[] = [];
    for (const step of STORY) {
      context.detail(step[0]);
      const { exitCode, stdout, stderr } = await execa(path, step[0].split(" "), {
        cwd: folder,
        env,
        extendEnv: false,
        reject: false,
        timeout: LONGEST_MS,
      });
      problems.push(...judge(step, exitCode, stdout, stderr));
    }
    const snapshot = /\d+/.exec(
      (await execa(path, ["image", "list", "--type", "snapshot", "-o", "noheader"], { env, extendEnv: false })).stdout,
    );
    if (snapshot) await execa(path, ["image", "delete", snapshot[0]], { env, extendEnv: false });
    const left = await leftovers(cloud, TOKEN);
    return {
      versions: `hcloud ${version}`,
      facts: [`${STORY.length - problems.length} of ${STORY.length} commands`],
      problems: [...problems, ...(left.length > 0 ? [`left behind: ${left.join(", ")}`] : [])],
    };
  } finally {
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The user's own, else Debian's. */
async function command(context: Context): Promise<{ path: string; version: string }> {
  const own = findExecutable("hcloud", context.env);
  if (own === undefined) {
    const { path, version } = await debianExecutable("hcloud-cli", "usr/bin/hcloud", context);
    return { path, version: `${version} (Debian)` };
  }
  const { stdout } = await execa(own, ["version"], { env: context.env, extendEnv: false });
  return { path: own, version: `${stdout.trim()} (on PATH)` };
}

function writeKeys(folder: string): void {
  const key = generatePrivateKey("ecdsa");
  writeFileSync(join(folder, "key.pub"), key.toPublic().toString("ssh"));
  writeFileSync(join(folder, "key.pem"), key.toString("pkcs8"), { mode: 0o600 });
  writeFileSync(join(folder, "certificate.pem"), createSelfSignedCertificate(identityForHost("www.example.com"), key).toString("pem"));
}

function judge([command, wanted, says]: Step, exitCode: number, stdout: string, stderr: string): string[] {
  const said = lastLines(`${stdout}\n${stderr}`, 5);
  if (wanted === "refused")
    return exitCode !== 0 && says.test(stderr) ? [] : [`hcloud ${command}: it was to be refused (${String(says)}): ${said}`];
  if (exitCode !== 0) return [`hcloud ${command}: ${said}`];
  return wanted === undefined || wanted.test(stdout) ? [] : [`hcloud ${command}: it prints no ${String(wanted)}: ${said}`];
}
