// The JavaScript half of `steps/run`: is this Node new enough, are the packages there? Then the step, in this very process, which keeps the
// number that Pulumi knows it by. Written so that an old Node can still read it.
"use strict";

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  refuse("Node " + major + " is too old", "Put Node 20 or newer (best: 22) first on PATH.");
} else {
  start();
}

function start() {
  const { load, NoPackages } = require("../toolchain/bundle.js");
  try {
    load("steps/main.ts");
  } catch (error) {
    if (!(error instanceof NoPackages)) throw error;
    refuse("the project's dependencies are missing", "Run 'npm install' in the project's folder.");
  }
}

function refuse(what, next) {
  console.error("steps/run: " + what + ", so the step did not start and nothing was touched. " + next);
  process.exitCode = 2;
}
