// `npm run toolchain`, once the toolchain is there.
import { join } from "node:path";
import execa from "execa";
import { ensureToolchain, type Toolchain } from "../../toolchain";
import { removeFolders, temporaryFolder } from "./fakeWays";

const CLI = join(__dirname, "..", "..", "toolchain", "cli.ts");
const FIRST_BUILD_MS = 30 * 60_000;

let toolchain: Toolchain;
beforeAll(async () => (toolchain = await ensureToolchain()), FIRST_BUILD_MS);
afterEach(removeFolders);
afterEach(() => jest.restoreAllMocks());

function run(...args: string[]): execa.ExecaChildProcess {
  return execa(process.execPath, ["--import", "tsx", CLI, ...args]);
}

test("--json prints what the API returns", async () => {
  const { stdout, stderr } = await run("--json");
  expect(JSON.parse(stdout)).toEqual(toolchain);
  expect(stderr).toBe("");
});

test("--env prints what a shell can take", async () => {
  const { stdout } = await run("--env");
  const used = await execa("sh", ["-c", `${stdout}\ncommand -v pulumi; echo $PULUMI_HOME; pulumi version`]);
  expect(used.stdout.split("\n")).toEqual([toolchain.pulumi, toolchain.pulumiHome, "v3.256.0"]);
});

test("without a flag it says where each part came from", async () => {
  const { stdout } = await run();
  expect(stdout).toMatch(new RegExp(`^plugin command +1\\.2\\.1 +${toolchain.origin.plugins.command}$`, "m"));
  expect(stdout).toMatch(new RegExp(`^Pulumi CLI +3\\.256\\.0 +${toolchain.origin.cli}$`, "m"));
});

test("a mistake is one message and exit code 1", async () => {
  const empty = temporaryFolder();
  await expect(run("--plugin-dir", empty)).rejects.toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(new RegExp(`^--plugin-dir ${empty}: there is none of the plugins in it`)) as string,
  });
});

test("what is cached is found at once and without a network", async () => {
  const fetch = jest.spyOn(globalThis, "fetch");
  const started = Date.now();
  await ensureToolchain();
  expect(Date.now() - started).toBeLessThan(1000);
  expect(fetch).not.toHaveBeenCalled();
});
