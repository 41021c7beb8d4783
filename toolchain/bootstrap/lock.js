"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");

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

module.exports = { exclusively, isAlive };
