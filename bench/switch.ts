// What a change of one line costs on the way to the machine, and how soon a machine is back at its former generation.
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { CHECKOUT } from "../toolchain/checkout";
import type { Figure, Measured } from "./figure";
import { DEVSERVER, inWorld, MACHINE, type World } from "./world";

export const switchFigure: Figure = {
  name: "switch",
  title: "a change of one line, and back again",
  minutes: 2,
  measure: ({ say }) => inWorld({ latencies: "instant" }, (world) => measure(world, say)),
};

async function measure(world: World, say: (text: string) => void): Promise<Measured> {
  world.configure({ [MACHINE]: DEVSERVER });
  say("making the machine");
  await world.stack.up();

  say("changing one line");
  appendFileSync(join(world.project.folder, "nix", "hosts", MACHINE, "default.nix"), "# a line\n");
  const counter = new ByteCounter(world);
  const mark = world.events.mark();
  await world.stack.run(["up", "--yes", "--skip-preview"], { NIXOS_VPS_SSH_CONFIG: counter.sshConfig });
  const connections = world.events.connectionsSince(mark).filter((text) => text.startsWith("connect"));
  const requests = world.events.requestsSince(mark).length;

  say("rolling back, and forth, and back");
  const seconds: number[] = [];
  for (const generation of [1, 2, 1]) seconds.push(await rollBack(world, generation));
  return {
    values: [
      { key: "switchRoundTrips", value: connections.length, unit: "connections" },
      { key: "switchBytes", value: counter.bytes(), unit: "bytes" },
      { key: "switchRequests", value: requests, unit: "requests" },
      { key: "rollbackSeconds", value: Math.max(...seconds), unit: "s", goal: 5 },
    ],
    parts: seconds.map((value, n) => ({
      of: "rollbacks",
      name: `to generation ${[1, 2, 1][n]?.toString() ?? ""}`,
      value,
      unit: "s" as const,
    })),
    notes: [
      "connections by ssh and bytes to the machine, encrypted, for the whole `up`",
      "rollback: real time from `vps rollback` to the generation being active, the slowest of three; what NixOS' own activation takes is not in it",
    ],
  };
}

async function rollBack({ project, stack }: World, generation: number): Promise<number> {
  const args = ["cli/vps.js", "--cwd", project.folder, "--stack", stack.name, "rollback", MACHINE, "--to", generation.toString(), "--json"];
  const { stdout } = await execa(process.execPath, args, { cwd: CHECKOUT, env: stack.environment });
  return (JSON.parse(stdout) as { seconds: number }).seconds;
}

/** Counts what ssh sends, by a program between it and the way that leads to emulated machines. */
class ByteCounter {
  /** The cloud's ssh_config with the counter in the way. */
  readonly sshConfig: string;
  private readonly file: string;

  constructor({ cloud, project }: World) {
    this.file = join(project.folder, "bytes-sent");
    this.sshConfig = join(project.folder, "counted-ssh-config");
    const program = join(project.folder, "count-bytes");
    writeFileSync(program, `#!/bin/bash\ntee >(wc -c >>'${this.file}') | "$@"\n`);
    chmodSync(program, 0o755);
    const config = readFileSync(cloud.sshConfig, "utf8");
    const counted = config.replace(/^(\s*ProxyCommand\s+)(?:exec\s+)?/gm, `$1${program} `);
    if (counted === config) throw new Error(`${cloud.sshConfig} has no ProxyCommand to count at`);
    writeFileSync(this.sshConfig, counted);
  }

  bytes(): number {
    if (!existsSync(this.file)) throw new Error("no connection came through the counter");
    return readFileSync(this.file, "utf8")
      .split("\n")
      .filter(Boolean)
      .reduce((sum, line) => sum + Number(line), 0);
  }
}
