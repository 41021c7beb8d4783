// What Pulumi runs: the program in index.ts as one file. Pulumi's own way, with `typescript: true`, loads the TypeScript compiler and translates
// every file anew in each `pulumi up`.
"use strict";

const { load } = require("./toolchain/bundle.js");

module.exports = load("index.ts", "--packages=external");
