// Runs a TypeScript program of this checkout, from a fresh clone on: `node toolchain/bootstrap.js local/start.ts -- args...`
//
// It checks for git, ssh and npm, gets a newer Node.js where this one is too old, and installs the npm packages. It is plain
// JavaScript without dependencies, because it runs before any of them is there, and on old versions of Node.js.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");
const wanted = require("./nodeVersion.json");

const ROOT = path.dirname(__dirname);
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "nixos-vps");
const NODE_FOLDER = path.join(CACHE, "node", wanted.version);
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Something the user can mend. */
class Problem extends Error {}

main(process.argv.slice(2)).catch((problem) => {
  console.error(problem instanceof Problem ? problem.message : problem);
  process.exitCode = 1;
});

async function main([script, ...args]) {
  if (script === undefined) {
    throw new Problem("usage: node toolchain/bootstrap.js SCRIPT.ts [--] [ARGUMENT...]");
  }
  checkTools(["git", "ssh", "npm"]);
  const node = suitableNode();
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  if (env.HTTPS_PROXY || env.https_proxy) {
    // Without this Node.js makes its own requests past the proxy.
    env.NODE_USE_ENV_PROXY = "1";
  }
  await installPackages(env);
  await run(node, path.resolve(script), args[0] === "--" ? args.slice(1) : args, env);
}

function checkTools(tools) {
  const missing = tools.filter((tool) => spawnSync(tool, [tool === "ssh" ? "-V" : "--version"], { stdio: "ignore" }).error);
  if (missing.length > 0) {
    throw new Problem(`Not found on PATH: ${missing.join(", ")}.\n${howToInstall(missing)}`);
  }
}

function howToInstall(tools) {
  const managers = {
    "apt-get": ["sudo apt-get install", { ssh: "openssh-client" }],
    dnf: ["sudo dnf install", { ssh: "openssh-clients" }],
    pacman: ["sudo pacman -S", { ssh: "openssh" }],
    apk: ["sudo apk add", { ssh: "openssh-client" }],
    zypper: ["sudo zypper install", { ssh: "openssh-clients" }],
    brew: ["brew install", { ssh: "openssh", npm: "node" }],
  };
  const manager = Object.keys(managers).find((name) => !spawnSync(name, ["--version"], { stdio: "ignore" }).error);
  if (manager === undefined) {
    return "Install them and run the same command again.";
  }
  const [command, names] = managers[manager];
  return `Run this, then the same command again:\n  ${command} ${tools.map((tool) => names[tool] ?? tool).join(" ")}`;
}

/** This Node.js, if it is new enough; else one from npm, installed into the cache once. */
function suitableNode() {
  if (Number(process.versions.node.split(".")[0]) >= wanted.minimumMajor) {
    return process.execPath;
  }
  const node = path.join(NODE_FOLDER, "node_modules", ".bin", "node");
  if (!runs(node)) {
    console.error(`Node.js ${process.versions.node} is too old: getting ${wanted.version} from npm.`);
    installNode();
  }
  if (!runs(node)) {
    throw new Problem(
      `Node.js ${wanted.version} from npm does not run here (${node}).\nInstall Node.js ${wanted.minimumMajor} or newer yourself.`,
    );
  }
  return node;
}

function runs(node) {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() === `v${wanted.version}`;
}

/** Installs into a folder of its own and renames that, so that two at once, or one that is killed, do no harm. */
function installNode() {
  const parent = path.dirname(NODE_FOLDER);
  fs.mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const staging = fs.mkdtempSync(path.join(parent, `.new-${process.pid}-`));
  try {
    // Binaries come by the package's install script, whatever the user's npm says about scripts in general.
    const args = ["install", "--prefix", staging, "--ignore-scripts=false", ...QUIET, `node@${wanted.version}`];
    const { status } = spawnSync("npm", args, { cwd: staging, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) {
      throw new Problem(`npm could not install node@${wanted.version}.\nInstall Node.js ${wanted.minimumMajor} or newer yourself.`);
    }
    fs.rmSync(NODE_FOLDER, { recursive: true, force: true });
    fs.renameSync(staging, NODE_FOLDER);
  } catch (problem) {
    // Another run may have been quicker.
    if (!["ENOTEMPTY", "EEXIST"].includes(problem.code)) {
      throw problem;
    }
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

function removeLeftovers(parent) {
  for (const name of fs.readdirSync(parent)) {
    const [, pid] = /^\.new-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      fs.rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
}

/** Runs `npm ci`, unless what is installed is what package-lock.json says. */
async function installPackages(env) {
  const lockFile = fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8");
  const hash = createHash("sha256").update(lockFile).digest("hex");
  const marker = path.join(ROOT, "node_modules", ".nixos-vps-lock");
  const marked = () => fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === hash;
  if (marked()) {
    return;
  }
  await exclusively(path.join(CACHE, `npm-${createHash("sha256").update(ROOT).digest("hex").slice(0, 16)}.lock`), () => {
    if (marked()) {
      return;
    }
    if (!isInstalled(JSON.parse(lockFile))) {
      console.error("Installing npm packages.");
      const { status } = spawnSync("npm", ["ci", ...QUIET], { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
      if (status !== 0) {
        throw new Problem("`npm ci` failed; what it says is above. Mend that and run the same command again.");
      }
    }
    fs.writeFileSync(marker, hash);
  });
}

/**
 * Whether node_modules already agrees with the lock file, e.g. after an `npm install` by hand. npm writes what it installed into
 * a file of the same form when it is done; packages for other systems are missing there.
 */
function isInstalled(lock) {
  let installed;
  try {
    installed = JSON.parse(fs.readFileSync(path.join(ROOT, "node_modules", ".package-lock.json"), "utf8")).packages;
  } catch {
    return false;
  }
  const same = (one, other) => one?.version === other?.version && one?.integrity === other?.integrity;
  return (
    Object.keys(installed).every((name) => same(installed[name], lock.packages[name])) &&
    Object.entries(lock.packages).every(([name, entry]) => name === "" || name in installed || entry.optional)
  );
}

/** Runs `work` while no other process does so under the same lock; the lock of a process that died counts for nothing. */
async function exclusively(lock, work) {
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  for (let said = false; !tryLock(lock); said = true) {
    if (!said) {
      console.error(`Another process is installing; waiting for it (${lock}).`);
    }
    await delay(200);
  }
  try {
    work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    // A link is made in one step together with what it says, so nobody ever sees a lock without an owner.
    fs.symlinkSync(String(process.pid), lock);
    return true;
  } catch (problem) {
    if (problem.code !== "EEXIST") {
      throw problem;
    }
  }
  let owner;
  try {
    owner = Number(fs.readlinkSync(lock));
  } catch {
    return false;
  }
  if (!isAlive(owner)) {
    removeLock(lock, owner);
  }
  return false;
}

/** Removes the lock of a dead owner, and no other: in the meantime somebody else may have done so and taken the lock himself. */
function removeLock(lock, owner) {
  const taken = `${lock}.${process.pid}`;
  try {
    fs.renameSync(lock, taken);
    if (Number(fs.readlinkSync(taken)) !== owner) {
      fs.symlinkSync(fs.readlinkSync(taken), lock);
    }
    fs.rmSync(taken, { force: true });
  } catch (problem) {
    if (!["ENOENT", "EEXIST"].includes(problem.code)) {
      throw problem;
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return problem.code === "EPERM";
  }
}

/** Runs the script in the place of this process: same terminal, same signals, same exit code. */
async function run(node, script, args, env) {
  const loader = require.resolve("tsx", { paths: [ROOT] });
  const child = spawn(node, ["--import", new URL(`file://${loader}`).href, script, ...args], { env, stdio: "inherit" });
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      // The terminal sends Ctrl-C to the child as well, and a second one would mean "at once".
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        child.kill(signal);
      }
    });
  }
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...how) => resolve(how));
  });
  if (signal !== null) {
    SIGNALS.forEach((name) => process.removeAllListeners(name));
    process.kill(process.pid, signal);
  }
  process.exitCode = code ?? 1;
}
