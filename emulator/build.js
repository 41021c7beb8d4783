// `npm run build`: JavaScript and types in dist/, with everything beside them that the emulator reads or runs. `npm pack` and `npm publish`
// do it by themselves.
const { spawnSync } = require("node:child_process");
const { cpSync, readdirSync, rmSync } = require("node:fs");
const { extname, join } = require("node:path");

const here = __dirname;
const dist = join(here, "dist");

rmSync(dist, { recursive: true, force: true });
const compiler = require.resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", join(here, "tsconfig.build.json")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

// Links become files: a package holds none.
const options = { recursive: true, dereference: true, filter: (path) => extname(path) !== ".ts" };
for (const folder of ["machine", "operator", "src/web/page"]) cpSync(join(here, folder), join(dist, folder), options);

if (!readdirSync(join(dist, "src")).includes("cli.js")) throw new Error("the build has no command line in it");
