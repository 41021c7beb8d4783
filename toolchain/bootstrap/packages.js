"use strict";

const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { exclusively } = require("./lock");
const { Problem } = require("./problem");

const ROOT = path.join(__dirname, "..", "..");

/** Runs `npm ci`, unless what is installed is what package-lock.json says. */
async function installPackages(cache, env) {
  if (isInstalled()) {
    return;
  }
  const checkout = createHash("sha256").update(ROOT).digest("hex").slice(0, 16);
  await exclusively(path.join(cache, `npm-${checkout}.lock`), () => {
    if (isInstalled()) {
      return;
    }
    console.error("Installing npm packages.");
    const options = { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] };
    const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], options);
    if (status !== 0) {
      throw new Problem("`npm ci` failed; what it says is above. Mend that and run the same command again.");
    }
  });
}

/**
 * Whether node_modules agrees with the lock file. npm writes what it has installed into a file of the same form, and only when it
 * is done; packages for other systems are missing there.
 */
function isInstalled() {
  const wanted = readPackages(path.join(ROOT, "package-lock.json"));
  const installed = readPackages(path.join(ROOT, "node_modules", ".package-lock.json"));
  const same = (one, other) => one?.version === other?.version && one?.integrity === other?.integrity;
  return (
    installed !== undefined &&
    Object.keys(installed).every((name) => same(installed[name], wanted[name])) &&
    Object.entries(wanted).every(([name, entry]) => name === "" || name in installed || entry.optional)
  );
}

function readPackages(lockFile) {
  return fs.existsSync(lockFile) ? JSON.parse(fs.readFileSync(lockFile, "utf8")).packages : undefined;
}

module.exports = { installPackages };
