// Runs a program of this checkout, from a fresh clone on: `node toolchain/bootstrap.js local/start.ts -- args...`
//
// It checks for git, ssh and npm, gets a newer Node.js where this one is too old, and installs the npm packages. It is plain
// JavaScript without dependencies, because it runs before any of them is there, and on old versions of Node.js.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { suitableNode } = require("./bootstrap/node");
const { installPackages } = require("./bootstrap/packages");
const { Problem } = require("./bootstrap/problem");

const ROOT = path.dirname(__dirname);
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "nixos-vps");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

main(process.argv.slice(2)).catch((problem) => {
  console.error(problem instanceof Problem ? problem.message : problem);
  process.exitCode = 1;
});

async function main([script, ...args]) {
  if (script === undefined) {
    throw new Problem("usage: node toolchain/bootstrap.js SCRIPT [--] [ARGUMENT...]");
  }
  checkTools(["git", "ssh", "npm"]);
  const node = suitableNode(CACHE);
  const env = { ...process.env };
  if (findOnPath("node") !== fs.realpathSync(node)) {
    env.PATH = `${path.dirname(node)}${path.delimiter}${env.PATH}`;
  }
  if (env.HTTPS_PROXY || env.https_proxy) {
    // Without this Node.js makes its own requests past the proxy.
    env.NODE_USE_ENV_PROXY = "1";
  }
  await installPackages(CACHE, env);
  await run(node, path.resolve(script), args[0] === "--" ? args.slice(1) : args, env);
}

function checkTools(tools) {
  const missing = tools.filter((tool) => findOnPath(tool) === undefined);
  if (missing.length > 0) {
    throw new Problem(`Not found on PATH: ${missing.join(", ")}.\n${howToInstall(missing)}`);
  }
}

/** The executable of that name on PATH, with links resolved. */
function findOnPath(tool) {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter).filter((name) => name !== "")) {
    const file = path.join(folder, tool);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return fs.realpathSync(file);
    } catch {
      // Not here, or not for us to run.
    }
  }
  return undefined;
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
  const manager = Object.keys(managers).find((name) => findOnPath(name) !== undefined);
  if (manager === undefined) {
    return "Install them and run the same command again.";
  }
  const [command, names] = managers[manager];
  return `Run this, then the same command again:\n  ${command} ${tools.map((tool) => names[tool] ?? tool).join(" ")}`;
}

/** What Node.js needs to read the script. */
function loaderFor(script) {
  if (path.extname(script) === ".js") return [];
  const loader = require.resolve("tsx", { paths: [ROOT] });
  return ["--import", new URL(`file://${loader}`).href];
}

/** Runs the script in the place of this process: same terminal, same signals, same exit code. */
async function run(node, script, args, env) {
  const child = spawn(node, [...loaderFor(script), script, ...args], { env, stdio: "inherit" });
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
