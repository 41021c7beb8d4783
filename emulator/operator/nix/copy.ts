// `nix copy --to ssh://…`: what is valid on the target is left out, the rest goes over the operator's own ssh.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { MadeUpStore } from "./store";

/**
 * @param to e.g. `ssh://root@198.18.0.2?remote-store=local%3Froot=%2Fmnt&compress=true`
 * @param path a store path that was built before
 */
export async function copyTo(to: string, path: string, store: MadeUpStore): Promise<void> {
  const { target, root } = readUri(to);
  const names = await store.closureOf(path);
  const missing = (await remote(target, `/.emulator/bin/emulator-store missing ${root}`, names.map((name) => `${name}\n`).join("")))
    .split("\n")
    .filter(Boolean);
  if (missing.length === 0) return;
  // Into the disk's store it takes its time; the installer's own is memory.
  await remote(target, `/.emulator/bin/emulator-store ${root === "" ? "import" : "receive"} ${root}`, await store.pack(missing));
}

function readUri(uri: string): { target: string; root: string } {
  const match = /^ssh:\/\/([^?/]+)(?:\?(.*))?$/.exec(uri);
  const remoteStore = new URLSearchParams(match?.[2] ?? "").get("remote-store");
  const root = remoteStore === null ? "" : /^local\?root=(\/[A-Za-z0-9/_-]*)$/.exec(remoteStore)?.[1];
  if (!match?.[1] || root === undefined) throw new Error(`nix copy to ${uri} is not emulated`);
  return { target: match[1], root };
}

/** Runs a command on the target, with the ssh options that Nix takes from NIX_SSHOPTS: words at spaces, whatever is in them. */
async function remote(target: string, command: string, input: string | Buffer): Promise<string> {
  const options = (process.env["NIX_SSHOPTS"] ?? "").split(/\s+/).filter(Boolean);
  const child = spawn("ssh", [...options, target, command], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => undefined); // ssh has ended, and its exit code says more
  child.stdin.end(input);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`cannot copy to '${target}': ssh ended with exit code ${code ?? "?"}`);
  return output;
}
