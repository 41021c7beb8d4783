#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const [major] = process.versions.node.split(".");
if (Number(major) < 22) {
  console.error(`hcloud-emulator: needs Node.js 22 or newer, and this is ${process.version}. Nothing was started.`);
  process.exit(1);
}

const sources = join(__dirname, "../src/cli.ts");
if (existsSync(sources)) {
  // In the repository they run as they are.
  require("tsx/cjs");
  require(sources);
} else {
  require("../dist/src/cli.js");
}
