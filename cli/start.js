// The command line as one file: answers within seconds begin with a program that starts in tenths of one.
"use strict";

const { load } = require("../toolchain/bundle.js");

load("cli/main.ts", "--packages=external");
