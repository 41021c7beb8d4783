import { join } from "node:path";
import { cliVersion, downloadPlugin, whyUnreachable } from "../../toolchain/official";
import { removeFolders, temporaryFolder, writeExecutable } from "./fakeWays";

afterEach(() => {
  jest.restoreAllMocks();
  removeFolders();
});

function answer(status: number): void {
  jest.spyOn(globalThis, "fetch").mockResolvedValue(new Response(undefined, { status }));
}

test("downloads that answer can be reached", async () => {
  answer(200);
  expect(await whyUnreachable()).toBeUndefined();
});

test("a proxy that refuses, and a name that does not resolve, are told", async () => {
  answer(403);
  expect(await whyUnreachable()).toBe("the server answered 403");
  jest.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") }));
  expect(await whyUnreachable()).toBe("getaddrinfo ENOTFOUND");
});

test("a network that swallows the question is given up after three seconds", async () => {
  jest.spyOn(globalThis, "fetch").mockImplementation(
    (_url, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error));
      }),
  );
  const started = Date.now();
  expect(await whyUnreachable()).toMatch(/timeout/i);
  expect(Date.now() - started).toBeLessThan(5000);
});

test("the CLI downloads a plugin of the exact version into the home it is given", async () => {
  const folder = temporaryFolder();
  const pulumi = writeExecutable(join(folder, "pulumi"), `#!/bin/sh\necho "$PULUMI_HOME $*"\n[ "$5" = v1.2.1 ]\n`);
  await downloadPlugin(pulumi, folder, "command", "1.2.1");
  await expect(downloadPlugin(pulumi, folder, "command", "9.9.9")).rejects.toThrow(`${folder} plugin install resource command v9.9.9`);
});

test("a CLI says its version", async () => {
  expect(await cliVersion(writeExecutable(join(temporaryFolder(), "pulumi"), "#!/bin/sh\necho v3.256.0\n"))).toBe("v3.256.0");
});
