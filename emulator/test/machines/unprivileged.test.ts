import { join } from "node:path";
import { run } from "./support";

// bash runs its ~/.bashrc where nobody has counted shells and its stdin is a socket. Nothing of it may be seen on a machine.
const ENVIRONMENT: [string, ...string[]] = ["env", "--unset=SHLVL", `HOME=${join(__dirname, "unprivileged/home")}`];

/** A command line that runs Node as a user without rights; undefined when there is no way here. */
async function asNobody(): Promise<[string, ...string[]] | undefined> {
  if (process.getuid?.() !== 0) return [...ENVIRONMENT, process.execPath];
  for (const node of [process.execPath, "/usr/local/bin/node", "/usr/bin/node"]) {
    const command: [string, ...string[]] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...ENVIRONMENT, node];
    const [program, ...args] = command;
    const nodeRuns = await run(program, [...args, "--version"]);
    const namespaces = await run("setpriv", [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "unshare",
      "--user",
      "--map-root-user",
      "true",
    ]);
    const repository = await run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-r", __filename]);
    if ([nodeRuns, namespaces, repository].every(({ code }) => code === 0)) return command;
  }
  return undefined;
}

test("without root's rights a machine boots, answers ssh, keeps what is written to a volume and powers off", async () => {
  const command = await asNobody();
  if (!command) {
    process.stderr.write(
      "no Node that another user may run, or no user namespaces: the test of machines without root's rights is SKIPPED\n",
    );
    return;
  }
  const [program, ...args] = command;
  const result = await run(program, [...args, "--require", require.resolve("tsx/cjs"), join(__dirname, "unprivileged/life.ts")]);

  expect(result.stderr).toBe("");
  expect(JSON.parse(result.stdout)).toEqual({
    uid: expect.any(Number) as number,
    type: "ext4\n0",
    source: "/dev/sdb",
    file: "precious",
    escape: expect.stringContaining("No such file or directory") as string,
    violations: 0,
  });
});
