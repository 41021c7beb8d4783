// The plugins hcloud and random: do they speak of the same types and properties as the npm packages, and do they work?
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { ensureToolchain, type Toolchain } from "../../toolchain";
import { pluginExecutable, pluginFolder, wantedVersions, type PluginName } from "../../toolchain/versions";
import { removeFolders } from "./fakeWays";
import { PulumiProject } from "./pulumiProject";

const FIRST_BUILD_MS = 30 * 60_000;

const { plugins: versions } = wantedVersions();
let toolchain: Toolchain;
beforeAll(async () => (toolchain = await ensureToolchain()), FIRST_BUILD_MS);
afterEach(removeFolders);

interface Schema {
  name: string;
  version: string;
  resources: Record<string, { inputProperties?: object; properties?: object }>;
  functions: Record<string, { inputs?: { properties?: object }; outputs?: { properties?: object }; multiArgumentInputs?: string[] }>;
}

async function schemaOf(name: PluginName): Promise<Schema> {
  const plugin = join(toolchain.pulumiHome, "plugins", pluginFolder(name, versions[name]), pluginExecutable(name));
  const stack = new PulumiProject(toolchain);
  return JSON.parse((await stack.start("package", "get-schema", plugin)).stdout) as Schema;
}

/** The SDK's declaration files, except those that declare neither a resource nor a function. */
function declarations(name: PluginName, folder = ""): Map<string, string> {
  const root = join(dirname(require.resolve(`@pulumi/${name}/package.json`)), folder);
  const files = readdirSync(root).filter((file) => file.endsWith(".d.ts") && !/^(index|provider|utilities)\.d\.ts$/.test(file));
  return new Map(files.map((file) => [basename(file, ".d.ts"), readFileSync(join(root, file), "utf8")]));
}

/** The property names of an exported interface; none where there is no such interface. */
function members(declaration: string, name: string): string[] {
  const body = new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, "s").exec(declaration)?.[1] ?? "";
  return Array.from(body.matchAll(/^ {4}(?:readonly )?(\w+)\??:/gm), ([, member]) => member ?? "").sort();
}

/** The parameters of a function that takes them one by one. */
function parameters(declaration: string, name: string): string[] {
  const list = new RegExp(`export declare function ${name}\\((.*), opts\\?`).exec(declaration)?.[1] ?? "";
  return Array.from(list.matchAll(/(\w+): /g), ([, parameter]) => parameter ?? "");
}

function names(properties: object | undefined): string[] {
  return Object.keys(properties ?? {}).sort();
}

const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const uncapitalized = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const lastOf = (token: string) => token.split(":").at(-1) ?? token;

test.each([
  ["hcloud", ""],
  ["random", ""],
  ["command", "local"],
] as const)("%s has the resources and functions of its npm package, with the same properties", async (name, folder) => {
  const schema = await schemaOf(name);
  const sdk = declarations(name, folder);
  const seen = new Set<string>();
  const of = (file: string) => {
    seen.add(file);
    return sdk.get(file) ?? "";
  };
  // The official command plugin has more: what runs on remote machines is not stood in for.
  const counts = (token: string) => token.startsWith(`${name}:${folder === "" ? "index" : folder}`);

  for (const [token, resource] of Object.entries(schema.resources).filter(([token]) => counts(token))) {
    const type = lastOf(token);
    expect({ [token]: names(resource.inputProperties) }).toEqual({ [token]: members(of(uncapitalized(type)), `${type}Args`) });
  }
  for (const [token, called] of Object.entries(schema.functions).filter(([token]) => counts(token))) {
    const declaration = of(lastOf(token));
    const type = capitalized(lastOf(token));
    if (called.multiArgumentInputs) {
      expect({ [token]: called.multiArgumentInputs }).toEqual({ [token]: parameters(declaration, lastOf(token)) });
      continue;
    }
    expect({ [token]: names(called.inputs?.properties) }).toEqual({ [token]: members(declaration, `${type}Args`) });
    expect({ [token]: names(called.outputs?.properties) }).toEqual({ [token]: members(declaration, `${type}Result`) });
  }
  expect([...seen].sort()).toEqual([...sdk.keys()].sort());
  expect(schema.version).toBe(versions[name]);
});

test("every kind of random resource can be made, and stays as it is", async () => {
  const stack = await new PulumiProject(toolchain).init();
  stack.program(`
    new random.RandomId("id", { byteLength: 4 });
    new random.RandomPassword("password", { length: 64 });
    new random.RandomBytes("bytes", { length: 8 });
    new random.RandomString("string", { length: 8 });
    new random.RandomUuid("uuid");
    new random.RandomPet("pet");
    new random.RandomInteger("integer", { min: 1, max: 9 });
    new random.RandomShuffle("shuffle", { inputs: ["a", "b"] });`);
  await stack.up();
  await stack.up("--expect-no-changes");
  const password = await stack.resource("random:index/randomPassword:RandomPassword");
  expect(password?.outputs?.result).toHaveProperty("ciphertext");
});

describe("hcloud against a server", () => {
  const requests: string[] = [];
  let server: Server;

  beforeEach(async () => {
    requests.length = 0;
    server = createServer((request, response) => {
      requests.push(`${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? ""}`);
      response.setHeader("content-type", "application/json");
      const key = {
        id: 42,
        name: "key",
        fingerprint: "b7:2f:30:a0:2f:6c:58:6c:21:04:58:61:ba:06:3b:2f",
        public_key: "ssh-ed25519 AAAA",
        labels: {},
      };
      response.statusCode = request.method === "DELETE" ? 204 : request.method === "POST" ? 201 : 200;
      response.end(request.method === "DELETE" ? undefined : JSON.stringify({ ssh_key: key }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test("create, nothing to do, destroy", async () => {
    const { port } = server.address() as AddressInfo;
    const token = "t".repeat(64);
    const stack = await new PulumiProject(toolchain, { HCLOUD_ENDPOINT: `http://127.0.0.1:${port}/v1`, HCLOUD_TOKEN: token }).init();
    stack.program(`exports.id = new hcloud.SshKey("key", { name: "key", publicKey: "ssh-ed25519 AAAA" }).id;`);
    expect(await stack.up()).toContain('id: "42"');
    await stack.up("--expect-no-changes");
    await stack.run("destroy", "--yes", "--skip-preview");
    expect(requests).toEqual([`POST /v1/ssh_keys Bearer ${token}`, `DELETE /v1/ssh_keys/42 Bearer ${token}`]);
  });
});
