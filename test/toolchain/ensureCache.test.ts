import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { wantedVersions } from "../../toolchain/versions";
import type { Ways } from "../../toolchain/ways";
import { emptyEnvironment, ensure, fakeWays, pluginIn, reachable, removeFolders, temporaryFolder, writeExecutable } from "./fakeWays";

const { plugins: versions } = wantedVersions();

afterEach(removeFolders);

describe("the cache", () => {
  test("makes the next run do nothing at all", async () => {
    const env = emptyEnvironment();
    const first = await ensure(env, fakeWays());
    const ways = fakeWays();
    expect(await ensure(env, ways)).toEqual(first);
    expect(ways.done).toEqual([]);
  });

  test("is where XDG_CACHE_HOME says", async () => {
    const base = temporaryFolder();
    const toolchain = await ensure({ ...emptyEnvironment(), XDG_CACHE_HOME: base }, fakeWays());
    expect(toolchain.pulumiHome.startsWith(join(base, "nixos-vps"))).toBe(true);
  });

  test("builds again only what changed sources are of", async () => {
    const env = emptyEnvironment();
    const first = await ensure(env, fakeWays());
    const goSourcesHash: Ways["goSourcesHash"] = (module) => (module === "command" ? "changed" : `sources-of-${module}`);
    const ways = fakeWays({ goSourcesHash });
    const second = await ensure(env, ways);
    expect(ways.done).toEqual(["ask the network", "build command", "bundle the language host"]);
    expect(second.pulumiHome).not.toBe(first.pulumiHome);
  });

  test("is mended when somebody removes a part of it", async () => {
    const env = emptyEnvironment();
    const first = await ensure(env, fakeWays());
    rmSync(join(first.pulumiHome, ".."), { recursive: true });
    const ways = fakeWays();
    expect(await ensure(env, ways)).toEqual(first);
    expect(ways.done).toEqual(["ask the network", "bundle the language host"]);
    expect(existsSync(first.pulumi)).toBe(true);
  });

  test("keeps a stand-in while the network is not asked, and gives it up on --refresh", async () => {
    const env = emptyEnvironment();
    await ensure(env, fakeWays());
    const ways = fakeWays(reachable);
    expect((await ensure(env, ways)).origin.plugins.command).toBe("stand-in");
    expect(ways.done).toEqual([]);
    expect((await ensure(env, ways, { refresh: true })).origin.plugins.command).toBe("download");
    expect((await ensure(env, fakeWays())).origin.plugins.command).toBe("download");
  });

  test("knows a plugin that somebody installed in place of ours", async () => {
    const env = emptyEnvironment();
    const toolchain = await ensure(env, fakeWays());
    const plugin = pluginIn(join(toolchain.pulumiHome, "plugins"), "command", versions.command);
    rmSync(join(plugin, ".."), { recursive: true });
    writeExecutable(plugin); // as `pulumi plugin install --reinstall` would leave it
    expect((await ensure(env, fakeWays())).origin.plugins.command).toBe("installed");
  });

  test("is left as it was by a build that fails", async () => {
    const env = emptyEnvironment();
    const goBuild: Ways["goBuild"] = ({ staging }) => {
      writeExecutable(join(staging, "half-built"));
      return Promise.reject(new Error("out of memory"));
    };
    await expect(ensure(env, fakeWays({ goBuild }))).rejects.toThrow("building the Pulumi CLI failed: out of memory");
    const cache = join(env.HOME, ".cache", "nixos-vps");
    expect(readdirSync(join(cache, "tmp"))).toEqual([]);
    expect(existsSync(join(cache, "artifacts"))).toBe(false);
    expect((await ensure(env, fakeWays())).origin.cli).toBe("go-build");
  });
});

describe("what is returned", () => {
  test("puts the CLI in front of PATH and keeps the rest of it", async () => {
    const env = emptyEnvironment();
    const toolchain = await ensure(env, fakeWays());
    expect(toolchain.path).toContain(join(toolchain.pulumi, ".."));
    expect(toolchain.env.PATH).toBe([...toolchain.path, env.PATH].join(":"));
    expect(toolchain.env).toMatchObject({ PULUMI_HOME: toolchain.pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "1" });
  });

  test("has each plugin where the engine looks for it, and the language host beside the CLI", async () => {
    const toolchain = await ensure(emptyEnvironment(), fakeWays());
    for (const name of ["hcloud", "random", "command"] as const) {
      expect(existsSync(pluginIn(join(toolchain.pulumiHome, "plugins"), name, versions[name]))).toBe(true);
    }
    expect(existsSync(join(toolchain.pulumi, "..", "pulumi-language-nodejs"))).toBe(true);
  });
});
