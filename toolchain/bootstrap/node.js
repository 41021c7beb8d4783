"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const wanted = require("../nodeVersion.json");
const { isAlive } = require("./lock");
const { Problem } = require("./problem");

/** This Node.js, if it is new enough; else one from npm, installed into the cache once. */
function suitableNode(cache) {
  if (Number(process.versions.node.split(".")[0]) >= wanted.minimumMajor) {
    return process.execPath;
  }
  const folder = path.join(cache, "node", wanted.version);
  const node = path.join(folder, "node_modules", ".bin", "node");
  if (!runs(node)) {
    console.error(`Node.js ${process.versions.node} is too old: getting ${wanted.version} from npm.`);
    installNode(folder);
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
function installNode(folder) {
  const parent = path.dirname(folder);
  fs.mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const staging = fs.mkdtempSync(path.join(parent, `.new-${process.pid}-`));
  try {
    // Binaries come by the package's install script, whatever the user's npm says about scripts in general.
    const args = [
      "install",
      "--prefix",
      staging,
      "--ignore-scripts=false",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      `node@${wanted.version}`,
    ];
    const { status } = spawnSync("npm", args, { cwd: staging, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) {
      throw new Problem(`npm could not install node@${wanted.version}.\nInstall Node.js ${wanted.minimumMajor} or newer yourself.`);
    }
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(staging, folder);
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

module.exports = { suitableNode };
