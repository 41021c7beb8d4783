// The published package works on its own, and everything that its README shows does what it says.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { atHand, python } from "./support/atHand";
import { freePorts } from "./support/freePorts";
import { pack, type Packed } from "./support/packed";
import { type Block, readmeBlocks, readmeOptions } from "./support/readme";
import { Started } from "./support/started";

const run = promisify(execFile);
const tsc = require.resolve("typescript/bin/tsc");

/** Real time; only to fail where something hangs on a busy computer. */
jest.setTimeout(600_000);

let packed: Packed;
/** What the compiler says of everything below that is typed. */
let complaints: string;
const started: Started[] = [];
beforeAll(async () => {
  packed = await pack();
  for (const [name, code] of Object.entries(programs)) writeFileSync(join(packed.project, name), code);
  complaints = await compile(...Object.keys(programs));
});
afterEach(async () => {
  for (const each of started.splice(0)) await each.end("SIGKILL");
});
// Undefined when it could not be built.
afterAll(() => (packed as Packed | undefined)?.remove());

const TYPED = `
import { startEmulator, type EmulatorOptions } from "hcloud-emulator";

const options: EmulatorOptions & { machines?: true } = { latencies: { createServer: 3 }, timeScale: 20 };

export async function good(): Promise<string> {
  const [api, whole] = [await startEmulator({ machines: false }), await startEmulator(options)];
  api.faults.failNext("*", { status: 500, code: "server_error" });
  return whole.sshConfig + String(api.snapshot().servers[0]?.name.length);
}
// @ts-expect-error: there is no such profile
export const profile = startEmulator({ latencies: "slow" });
// @ts-expect-error: nothing boots, so there is no ssh
export const ssh = startEmulator({ machines: false }).then((cloud) => cloud.sshConfig);
`;

/** Compiled in one go, as the compiler takes its time. */
const programs: Record<string, string> = {
  "typed.mts": TYPED,
  ...Object.fromEntries(readmeBlocks().flatMap(({ language, line, code }) => (language === "ts" ? [[`line-${line}.mts`, code]] : []))),
};

/** What a shell of somebody who installed it has. */
const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [join(packed.project, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
  npm_config_offline: "true",
  npm_config_update_notifier: "false",
});

function start(command: string, ...args: string[]): Started {
  const each = new Started(command, args, { cwd: packed.project, env: env() });
  started.push(each);
  return each;
}

const answers = async (url: string): Promise<number> => (await fetch(`${url}/servers`, { headers: { authorization: "Bearer x" } })).status;

describe("the package", () => {
  test("holds what runs, and neither sources nor tests", () => {
    const files = readdirSync(packed.folder, { recursive: true, encoding: "utf8" });

    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "dist/src/index.js", "dist/src/index.d.ts"]));
    expect(files.filter((file) => (file.endsWith(".ts") && !file.endsWith(".d.ts")) || /(^|\/)test(\/|$)/.test(file))).toEqual([]);
  });

  test("brings everything that the sources read or run beside themselves, as executable as it was", () => {
    const folder = join(__dirname, "../..");
    const beside = ["machine", "operator", "src/web/page"].flatMap((name) =>
      readdirSync(join(folder, name), { recursive: true, encoding: "utf8" }).map((file) => join(name, file)),
    );
    const executable = (path: string): boolean => (statSync(path).mode & 0o111) !== 0;
    const wanted = beside.filter((file) => !file.endsWith(".ts") && statSync(join(folder, file)).isFile());

    expect(wanted.length).toBeGreaterThan(50);
    const missing = wanted.filter((file) => {
      const there = join(packed.folder, "dist", file);
      return !existsSync(there) || executable(there) !== executable(join(folder, file));
    });
    expect(missing).toEqual([]);
  });

  test("answers after `npx hcloud-emulator`, shows its page, and ends when asked to", async () => {
    const emulator = start("npx", "hcloud-emulator", "--port", "0", "--no-machines");

    const url = await emulator.firstLine();

    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(await answers(url)).toBe(200);
    expect(await (await fetch(new URL("/page/main.js", url))).text()).toContain("follow(");
    await emulator.end();
    await expect(answers(url)).rejects.toThrow();
  });

  test("brings what stands in for nixos-anywhere, and runs it without a translator", async () => {
    const program = join(packed.folder, "dist/operator/nixos-anywhere");

    await expect(run(program)).rejects.toMatchObject({ stderr: expect.stringContaining("ssh-host must be set") as string });
  });

  test.each([
    ["cjs", `const { startEmulator, profiles } = require("hcloud-emulator");`],
    ["mjs", `import { startEmulator, profiles } from "hcloud-emulator";`],
  ])("is used by a .%s file", async (extension, importing) => {
    const file = join(packed.project, `consumer.${extension}`);
    const body = `startEmulator({ machines: false }).then(async (cloud) => { await cloud.stop(); console.log(profiles.realistic.createServer); });`;
    writeFileSync(file, `${importing}\n${body}\n`);

    const { stdout } = await run(process.execPath, [file], { cwd: packed.project });

    expect(stdout).toBe("10\n");
  });

  test("has types that say what is possible, and refuse what is not", () => {
    expect(complaints.split("\n").filter((line) => !line.startsWith("line-"))).toEqual([""]);
  });
});

describe("the README", () => {
  const blocks = readmeBlocks();
  const skipped = blocks.filter(({ needs }) => needs.some((need) => !atHand(need)));
  const ready = blocks.filter((block) => !skipped.includes(block));
  for (const { line, needs } of skipped) {
    console.warn(`skipped: the code in line ${line} of the emulator's README, because not all of ${needs.join(", ")} is here`);
  }

  test("shows only what can be tried here", () => {
    expect(blocks.length).toBeGreaterThan(8);
    expect(blocks.filter(({ language }) => !["sh", "ts", "python", "hcl", "text"].includes(language))).toEqual([]);
  });

  test("lists every option that the command has", async () => {
    const { stdout } = await run(join(packed.project, "node_modules/.bin/hcloud-emulator"), ["--help"]);

    const options = [...stdout.matchAll(/^ {2}(--[\w-]+)/gm)].map((match) => match[1]).filter((option) => option !== "--help");
    expect(readmeOptions().toSorted()).toEqual(options.toSorted());
  });

  test("has commands that do what they say, in the order in which they stand there", async () => {
    const ports = await freePorts();
    const code = (block: Block): string => block.code.replaceAll(/\b80\d\d\b/g, (port) => String(ports(port)));
    const script = ready.flatMap((block) => {
      if (block.untilTheEnd) return [];
      if (block.language === "sh") return [code(block)];
      return block.language === "python" ? [`${python()} - <<'CODE'\n${code(block)}CODE\n`] : [];
    });
    for (const block of ready) {
      if (block.untilTheEnd) expect(await start("bash", "-euc", code(block)).firstLine()).toMatch(/^http:.*\/v1$/);
    }

    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script.join("\n")], {
      cwd: packed.project,
      env: env(),
      timeout: 300_000,
    });

    if (atHand("curl")) expect(stdout).toMatch(/"server":\{.*"name":"web"/);
    if (["curl", "ssh", "namespaces"].every(atHand)) expect(stdout).toContain("devserver");
  });

  test("has programs that are well typed, and run", async () => {
    const names = Object.keys(programs).filter((name) => name.startsWith("line-"));
    expect(names.length).toBeGreaterThan(0);
    expect(complaints).not.toContain("line-");

    for (const name of names) await run(process.execPath, [name.replace(".mts", ".mjs")], { cwd: packed.project });
  });

  test("has Terraform code in Terraform's own format", () => {
    for (const { code } of ready.filter(({ language }) => language === "hcl")) {
      expect(spawnSync("terraform", ["fmt", "-check", "-"], { input: code }).status).toBe(0);
    }
  });
});

describe("the container file", () => {
  const text = readFileSync(join(__dirname, "../../Containerfile"), "utf8").replaceAll("\\\n", " ");
  const argv = (instruction: string): string[] =>
    JSON.parse(new RegExp(`^(?:${instruction}) (\\[.*\\])$`, "m").exec(text)?.[1] ?? "[]") as string[];

  test("says which versions it is made of, and does not run as root", () => {
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(images.length).toBe(2);
    for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+-/);
    expect(text).toMatch(/^USER node$/m);
  });

  test("copies what is there, and its build makes a package", () => {
    const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? "").split(" "));
    expect(sources).toContain("package-lock.json");
    expect(sources.filter((source) => !existsSync(join(__dirname, "../../..", source)))).toEqual([]);
  });

  test("starts an emulator that its own health check finds healthy, and unhealthy once it has ended", async () => {
    const [command = "", ...args] = [...argv("ENTRYPOINT"), ...argv("CMD")];
    const free = args.map((arg) => (arg === "8080" ? "0" : arg));
    const emulator = start(join(packed.project, "node_modules/.bin", command), ...free);
    const { port } = new URL(await emulator.firstLine());
    const [, ...check] = argv(".*  CMD").map((arg) => arg.replace("8080", port));

    expect((await run(process.execPath, check)).stderr).toBe("");
    await emulator.end();
    await expect(run(process.execPath, check)).rejects.toMatchObject({ code: 1 });
  });
});

/** @returns complaints */
async function compile(...args: string[]): Promise<string> {
  const flags = ["--strict", "--target", "es2023", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node"];
  try {
    await run(process.execPath, [tsc, ...flags, ...args], { cwd: packed.project });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
