#!/usr/bin/env node
// `npx vps …`: like every program of this checkout it begins at the bootstrap, which sees to Node.js and the npm packages.
"use strict";

const path = require("node:path");

process.argv.splice(2, 0, path.join(__dirname, "start.js"), "--");
require("../toolchain/bootstrap.js");
