// A TypeScript program of this checkout as one file of plain JavaScript: what runs many times in each `pulumi up` would spend most of its
// time being translated. esbuild needs a tenth of a second, so it is asked every time, and no bundle can be older than its sources.
// Plain JavaScript itself, because it stands where nothing is translated yet.
"use strict";

const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { enableCompileCache } = require("node:module");
const path = require("node:path");

const PROJECT = path.dirname(__dirname);
// Two checkouts may share their packages, but never their programs.
const CACHE = path.join(PROJECT, "node_modules", ".cache", `nixos-vps-${createHash("sha256").update(PROJECT).digest("hex").slice(0, 8)}`);

/** Where Node.js (22 or newer) may keep what it makes of a file, so that the same program starts in half the time. */
const COMPILED = path.join(CACHE, "compiled");

/** For checkout.ts and its neighbours. */
const HERE = `--define:__dirname=${JSON.stringify(__dirname)}`;

/** Said by the one who knows what did not happen because of it. */
class NoPackages extends Error {}

/**
 * @param {string} source TypeScript file, relative to the project
 * @param {string[]} options of esbuild, beside the usual ones
 * @returns {string} path of the bundle
 * @throws {NoPackages} when the project's packages are not installed
 */
function bundle(source, ...options) {
  const esbuild = findEsbuild();
  const file = path.join(CACHE, `${source.replace(/\W+/g, "-")}.js`);
  // The program and not its API, which leaves a process behind that keeps jest from ending.
  const text = execFileSync(
    esbuild,
    [path.join(PROJECT, source), "--bundle", "--platform=node", "--target=node20", "--log-level=error", HERE, ...options],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "inherit"], cwd: PROJECT },
  );
  if (text !== textOf(file)) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // In one go: another process may be about to run it.
    const part = `${file}.${String(process.pid)}`;
    fs.writeFileSync(part, text);
    fs.renameSync(part, file);
  }
  return file;
}

/** Bundles a program and runs it in this process. */
function load(source, ...options) {
  const file = bundle(source, ...options);
  enableCompileCache?.(COMPILED);
  return require(file);
}

function findEsbuild() {
  try {
    return require.resolve("esbuild/bin/esbuild");
  } catch {
    throw new NoPackages("The project's packages are missing. Run `npm install` in its folder.");
  }
}

function textOf(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

module.exports = { bundle, load, COMPILED, NoPackages };
