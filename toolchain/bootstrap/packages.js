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
  const lockFile = fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8");
  const hash = sha256(lockFile);
  const marker = path.join(ROOT, "node_modules", ".nixos-vps-lock");
  const marked = () => fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === hash;
  if (marked()) {
    return;
  }
  await exclusively(path.join(cache, `npm-${sha256(ROOT).slice(0, 16)}.lock`), () => {
    if (marked()) {
      return;
    }
    if (!isInstalled(JSON.parse(lockFile))) {
      console.error("Installing npm packages.");
      const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: ROOT,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
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

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

module.exports = { installPackages };
