import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain";
import { wantedVersions } from "../../toolchain/versions";
import type { Ways } from "../../toolchain/ways";
import { emptyEnvironment, ensure, fakeWays, pluginIn, reachable, removeFolders, temporaryFolder, writeExecutable } from "./fakeWays";

const { plugins: versions } = wantedVersions();
const noGo: Partial<Ways> = { whyNoGo: () => Promise.resolve("there is no `go` on PATH") };

afterEach(removeFolders);

/** A complete CLI on the PATH of `emptyEnvironment`. */
function putCliOnPath(env: { PATH: string }): string {
  writeExecutable(join(env.PATH, "pulumi-language-nodejs"));
  return writeExecutable(join(env.PATH, "pulumi"));
}

describe("the order of preference", () => {
  test("builds with Go where the downloads are out of reach, and says that command is a stand-in", async () => {
    const ways = fakeWays();
    const toolchain = await ensure(emptyEnvironment(), ways);
    expect(toolchain.origin).toEqual({ cli: "go-build", plugins: { hcloud: "go-build", random: "go-build", command: "stand-in" } });
    expect(ways.done).toEqual(
      ["ask the network", "build cli", "build hcloud", "build random", "build command", "bundle the language host"], // asked once
    );
  });

  test("downloads where it can, and then builds nothing and stands in for nothing", async () => {
    const ways = fakeWays(reachable);
    const toolchain = await ensure(emptyEnvironment(), ways);
    expect(toolchain.origin).toEqual({ cli: "download", plugins: { hcloud: "download", random: "download", command: "download" } });
    expect(ways.done).toEqual(["download cli", "download hcloud", "download random", "download command"]);
  });

  test("builds the one plugin whose download fails", async () => {
    const others = fakeWays();
    const failing: Ways["downloadPlugin"] = (pulumi, home, name, version) =>
      name === "random" ? Promise.reject(new Error("404")) : others.downloadPlugin(pulumi, home, name, version);
    const toolchain = await ensure(emptyEnvironment(), fakeWays({ ...reachable, downloadPlugin: failing }));
    expect(toolchain.origin.plugins).toEqual({ hcloud: "download", random: "go-build", command: "download" });
  });

  test("takes a fitting CLI from PATH", async () => {
    const env = emptyEnvironment();
    const pulumi = putCliOnPath(env);
    const toolchain = await ensure(env, fakeWays(reachable));
    expect(toolchain.origin.cli).toBe("path");
    expect(toolchain.pulumi).toBe(pulumi);
  });

  test.each(["v3.255.0", "v3.2560.0", "v2.256.0"])("leaves a CLI of version %s on PATH alone", async (version) => {
    const env = emptyEnvironment();
    putCliOnPath(env);
    const toolchain = await ensure(env, fakeWays({ cliVersion: () => Promise.resolve(version) }));
    expect(toolchain.origin.cli).toBe("go-build");
  });

  test("leaves a CLI without a language host alone", async () => {
    const env = emptyEnvironment();
    writeExecutable(join(env.PATH, "pulumi"));
    expect((await ensure(env, fakeWays())).origin.cli).toBe("go-build");
  });

  test.each([["built", {}] as const, ["downloaded", reachable] as const])(
    "does not take a toolchain that it has %s for the user's Pulumi, in whatever cache it is",
    async (_how, ways) => {
      const env = emptyEnvironment();
      const first = await ensure(env, fakeWays(ways));
      expect(await ensure({ ...env, ...first.env }, fakeWays(ways))).toEqual({
        ...first,
        path: expect.anything() as string[],
        env: expect.anything() as Record<string, string>,
      });
      const elsewhere = await ensure({ ...emptyEnvironment(), ...first.env }, fakeWays(ways));
      expect(elsewhere.origin).toEqual(first.origin);
    },
  );

  test("takes plugins that the user's own Pulumi has installed", async () => {
    const env = emptyEnvironment();
    writeExecutable(pluginIn(join(env.HOME, ".pulumi", "plugins"), "command", versions.command), "#!/bin/sh\n# the user's\n");
    writeExecutable(pluginIn(join(env.HOME, ".pulumi", "plugins"), "random", "4.0.0"));
    const toolchain = await ensure(env, fakeWays());
    expect(toolchain.origin.plugins).toEqual({ hcloud: "go-build", random: "go-build", command: "installed" });
    expect(readFileSync(pluginIn(join(toolchain.pulumiHome, "plugins"), "command", versions.command), "utf8")).toContain("the user's");
  });

  test("does not take a plugin whose download was cut off", async () => {
    const env = emptyEnvironment();
    const plugin = pluginIn(join(env.HOME, ".pulumi", "plugins"), "command", versions.command);
    writeExecutable(plugin);
    writeExecutable(join(plugin, "..", "..", `resource-command-v${versions.command}.partial`));
    expect((await ensure(env, fakeWays())).origin.plugins.command).toBe("stand-in");
  });
});

describe("--plugin-dir", () => {
  test("wins over all other ways, in either form, and the rest is got as usual", async () => {
    const env = emptyEnvironment();
    const pluginDir = temporaryFolder();
    writeExecutable(pluginIn(pluginDir, "command", versions.command), "#!/bin/sh\n# given\n");
    writeExecutable(join(pluginDir, "pulumi-resource-hcloud"), "#!/bin/sh\n# given\n");
    writeExecutable(pluginIn(join(env.HOME, ".pulumi", "plugins"), "command", versions.command));
    const toolchain = await ensure(env, fakeWays(), { pluginDir });
    expect(toolchain.origin.plugins).toEqual({ hcloud: "plugin-dir", random: "go-build", command: "plugin-dir" });
    for (const name of ["hcloud", "command"] as const) {
      expect(readFileSync(pluginIn(join(toolchain.pulumiHome, "plugins"), name, versions[name]), "utf8")).toContain("given");
    }
  });

  test("can be given in the environment, and a stand-in in it stays a stand-in", async () => {
    const first = await ensure(emptyEnvironment(), fakeWays());
    const env = { ...emptyEnvironment(), NIXOS_VPS_PLUGIN_DIR: join(first.pulumiHome, "plugins") };
    expect((await ensure(env, fakeWays())).origin.plugins).toEqual({ hcloud: "plugin-dir", random: "plugin-dir", command: "stand-in" });
  });

  test("does not change what is used without it", async () => {
    const env = emptyEnvironment();
    const before = await ensure(env, fakeWays());
    const pluginDir = temporaryFolder();
    writeExecutable(join(pluginDir, "pulumi-resource-command"));
    await ensure(env, fakeWays(), { pluginDir });
    const ways = fakeWays();
    expect(await ensure(env, ways)).toEqual(before);
    expect(ways.done).toEqual([]);
  });

  test("takes a plugin that was replaced in the folder", async () => {
    const env = emptyEnvironment();
    const pluginDir = temporaryFolder();
    const plugin = writeExecutable(join(pluginDir, "pulumi-resource-command"), "#!/bin/sh\n# one\n");
    const first = await ensure(env, fakeWays(), { pluginDir });
    writeExecutable(plugin, "#!/bin/sh\n# another\n");
    const second = await ensure(env, fakeWays(), { pluginDir });
    expect(readFileSync(pluginIn(join(first.pulumiHome, "plugins"), "command", versions.command), "utf8")).toContain("one");
    expect(readFileSync(pluginIn(join(second.pulumiHome, "plugins"), "command", versions.command), "utf8")).toContain("another");
  });

  test("says what it expects when there is no plugin in it", async () => {
    const pluginDir = temporaryFolder();
    writeExecutable(pluginIn(pluginDir, "hcloud", "1.0.0"));
    const problem = ensure(emptyEnvironment(), fakeWays(), { pluginDir });
    await expect(problem).rejects.toThrow(ToolchainError);
    await expect(problem).rejects.toThrow(`resource-hcloud-v${versions.hcloud}/pulumi-resource-hcloud`);
  });
});

describe("where no way is open", () => {
  test("one error names every reason and every remedy", async () => {
    const problem = await ensure(emptyEnvironment(), fakeWays(noGo)).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ToolchainError);
    expect((problem as Error).message).toMatchInlineSnapshot(`
      "No way is open to get the Pulumi CLI 3.256.0:
        - there is no \`pulumi\` on PATH
        - the official downloads cannot be reached: no network here
        - there is no \`go\` on PATH
      Do one of these and run the same command again:
        - install Go 1.26 or newer (https://go.dev/dl) and see that \`go\` is on PATH and reaches a module proxy
        - install Pulumi 3.256.0 (https://www.pulumi.com/docs/install) and see that \`pulumi\` is on PATH
        - where the downloads are behind a proxy, set HTTPS_PROXY
        - put the plugins hcloud 1.41.0, random 4.21.2, command 1.2.1 into a folder and run
          npm run toolchain -- --plugin-dir FOLDER"
    `);
  });

  test("it names the CLI that does not fit and what the compiler says", async () => {
    const env = emptyEnvironment();
    putCliOnPath(env);
    const goBuild: Ways["goBuild"] = () => Promise.reject(new ToolchainError("go build failed in .:\nno space left on device"));
    const ways = fakeWays({ cliVersion: () => Promise.resolve("v3.100.0"), goBuild });
    await expect(ensure(env, ways)).rejects.toThrow(/v3\.100\.0, but 3\.256\.0 is needed[^]*no space left on device/);
  });
});
