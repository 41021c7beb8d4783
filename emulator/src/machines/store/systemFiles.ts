// The files of one NixOS system in the store, as the stand-ins on machines read them: text, one thing a line.
import { createHash } from "node:crypto";
import type { SystemDescription } from "../system";
import { fstab, type Mount } from "./mounts";

export const NIXOS_VERSION = "26.05.emulated";

/** Path below the system's own store path to text; a `Link` is a symbolic link. */
export type Tree = Record<string, string | Link>;

export class Link {
  constructor(readonly target: string) {}
}

export interface Parts {
  kernel: string;
  initrd: string;
  kernelModules: string;
  /** Every store path the system refers to, its own left out. */
  references: string[];
}

/** @param self the system's own store path */
export function systemFiles(description: SystemDescription, mounts: readonly Mount[], self: string, parts: Parts): Tree {
  const script = (...lines: string[]): string => ["#!/bin/sh", "set -eu", ...lines, ""].join("\n");
  return {
    "bin/switch-to-configuration": script(`exec /.emulator/bin/emulator-switch ${self} "$@"`),
    activate: script(`exec /.emulator/bin/emulator-activate ${self}`),
    init: script(`exec /.emulator/bin/emulator-stage2 ${self}`),
    kernel: new Link(`${parts.kernel}/bzImage`),
    initrd: new Link(`${parts.initrd}/initrd`),
    "kernel-modules": new Link(parts.kernelModules),
    "kernel-params": description.kernelParams.join(" "),
    ...(description.bootLoader && { "boot-loader": description.bootLoader }),
    "nixos-version": NIXOS_VERSION,
    system: description.system,
    sw: new Link("/.emulator/sw"),
    references: lines(parts.references),
    "description.json": JSON.stringify(description),
    users: lines(
      Object.entries(description.users).map(([name, user]) => [name, user.uid, user.gid, user.home, user.wheel ? 1 : 0].join(" ")),
    ),
    passwd: passwd(description),
    group: group(description),
    ...unitFiles(description),
    ...Object.fromEntries(Object.entries(description.programs ?? {}).map(([name, text]) => [`programs/${name}`, text])),
    ...etc(description, mounts),
  };
}

/** `units/NAME` says what a unit is, a word and a value a line; `scripts/NAME` is what it runs, if it runs anything. */
function unitFiles({ units }: SystemDescription): Tree {
  const files: Tree = {};
  for (const [name, unit] of Object.entries(units)) {
    const ports = unit.ports.map((port) => `port ${port}`);
    const mounts = unit.requiresMountsFor.map((path) => `mount ${path}`);
    const wanted = (unit.wantedBy ?? ["multi-user.target"]).map((other) => `wanted ${other}`);
    const script = unit.script === undefined ? [] : [`script ${createHash("sha256").update(unit.script).digest("hex")}`];
    files[`units/${name}`] = lines([...ports, ...mounts, ...wanted, ...script, ...(unit.fails ? ["fails"] : [])]);
    if (unit.script !== undefined) files[`scripts/${name}`] = unit.script;
  }
  return files;
}

/** Read before anything but the boot partition is there. */
export function initrdFile(description: SystemDescription, mounts: readonly Mount[]): string {
  const needed = mounts
    .filter((mount) => mount.initrd)
    .map(({ device, target, fsType, options }) => [device, target, fsType, options.join(",") || "-"].join("\t"));
  const panics = description.panics === true ? ["# panics"] : [];
  const opens = crypttab(description).map((line) => `# opens ${line}`);
  return lines([`# initrd of ${description.hostName}: ${description.initrd}`, ...panics, ...opens, ...needed]);
}

function crypttab({ luks = {} }: SystemDescription): string[] {
  return Object.entries(luks).map(([name, { device, keyFile }]) => `${name} ${device} ${keyFile} luks`);
}

function etc(description: SystemDescription, mounts: readonly Mount[]): Tree {
  const { openssh, users } = description;
  const files: Tree = {
    hostname: `${description.hostName}\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost\n127.0.0.2 ${description.hostName}\n`,
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
    "os-release": `NAME=NixOS\nID=nixos\nVERSION="26.05 (Yarara)"\nVERSION_ID="26.05"\nBUILD_ID="${NIXOS_VERSION}"\nPRETTY_NAME="NixOS 26.05 (Yarara)"\n`,
    NIXOS: "",
    fstab: fstab(mounts),
    ...(description.luks && { crypttab: lines(crypttab(description)) }),
    "ssh/sshd_config": lines([...openssh.ports.map((port) => `Port ${port}`), ...openssh.hostKeys.map((path) => `HostKey ${path}`)]),
  };
  for (const [name, user] of Object.entries(users)) files[`ssh/authorized_keys.d/${name}`] = lines(user.authorizedKeys);
  Object.assign(files, description.etc);
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`etc/${path}`, text]));
}

function passwd({ users }: SystemDescription): string {
  const own = Object.entries(users).filter(([name]) => name !== "root");
  return lines([
    "root:x:0:0:System administrator:/root:/run/current-system/sw/bin/bash",
    ...own.map(([name, user]) => `${name}:x:${user.uid}:${user.gid}::${user.home}:/run/current-system/sw/bin/bash`),
    "sshd:x:998:998:SSH privilege separation user:/var/empty:/run/current-system/sw/bin/nologin",
    "nobody:x:65534:65534:Unprivileged account:/var/empty:/run/current-system/sw/bin/nologin",
  ]);
}

function group({ users }: SystemDescription): string {
  const wheel = Object.entries(users).filter(([, user]) => user.wheel);
  const own = Object.entries(users).filter(([, user]) => user.gid >= 1000);
  return lines([
    "root:x:0:",
    `wheel:x:1:${wheel.map(([name]) => name).join(",")}`,
    "users:x:100:",
    ...own.map(([name, user]) => `${name}:x:${user.gid}:`),
    "sshd:x:998:",
    "nogroup:x:65534:",
  ]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
