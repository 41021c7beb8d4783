const { availableParallelism } = require("node:os");

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  // More than half of the time is spent waiting for other processes and for machines: with a worker for each core, more than one of two would
  // idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: "<rootDir>/test/longestFirst.js",
  // A life-cycle test runs a whole Pulumi engine several times; a limit is for what hangs, not for what is slow.
  testTimeout: 300_000,
  testMatch: ["<rootDir>/test/**/*.test.ts", "<rootDir>/emulator/test/**/*.test.ts"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "commonjs" } }],
  },
  moduleFileExtensions: ["ts", "js", "json", "node"],
  modulePathIgnorePatterns: ["<rootDir>/.local/"],
};
