import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ConfigError, loadConfig } from "../../config";
import { KEY, TOKEN, machine } from "./support";

const machines = JSON.stringify({ devserver: machine });
const admin = JSON.stringify({ sshKeys: [KEY] });
let hosts: string;
let tokenBefore: string | undefined;

beforeEach(() => {
  hosts = fs.mkdtempSync(path.join(os.tmpdir(), "hosts-"));
  fs.mkdirSync(path.join(hosts, "minimal"));
  fs.writeFileSync(path.join(hosts, "web.nix"), "{ }");
  fs.writeFileSync(path.join(hosts, "README.md"), "");
  tokenBefore = process.env["HCLOUD_TOKEN"];
  process.env["HCLOUD_TOKEN"] = TOKEN;
});
afterEach(() => {
  fs.rmSync(hosts, { recursive: true });
  if (tokenBefore === undefined) delete process.env["HCLOUD_TOKEN"];
  else process.env["HCLOUD_TOKEN"] = tokenBefore;
});

function load(): ReturnType<typeof loadConfig> {
  return loadConfig(hosts);
}

function refusal(): Error {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

test("the configuration of the running stack is read", () => {
  pulumi.runtime.setAllConfig({ "nixos-vps:machines": machines, "nixos-vps:admin": admin });

  expect(load().machines.map(({ name, host }) => [name, host])).toEqual([["devserver", "minimal"]]);
});

test("hosts are the files and folders that are there", () => {
  pulumi.runtime.setAllConfig({ "nixos-vps:machines": JSON.stringify({ web: machine }), "nixos-vps:admin": admin });

  expect(load().machines[0]?.host).toBe("web");
});

test("mistakes are the engine's own kind of error, which it prints without a stack trace", () => {
  pulumi.runtime.setAllConfig({ "nixos-vps:machines": "{}", "nixos-vps:admin": "qwe", "nixos-vps:machine": "{}" });

  const error = refusal();

  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(
    /There are 2 mistakes.*nixos-vps:admin\n.*"qwe".*nixos-vps:machine\n.*Did you mean machines\?.*Pulumi\.\w+\.yaml.*nothing was changed/s,
  );
});

test("a value that Pulumi decrypted inside the machines is noticed", () => {
  pulumi.runtime.setAllConfig({ "nixos-vps:machines": machines, "nixos-vps:admin": admin }, ["nixos-vps:machines"]);

  expect(refusal().message).toMatch(/nixos-vps:machines\n.*marked `secure:`/);
});

describe("the stack's file says which values were encrypted:", () => {
  const volumes = { home: { size: 10, encrypted: true, passphrase: "correct horse battery staple" } };
  const secret = (value: object) =>
    pulumi.runtime.setAllConfig(
      { "nixos-vps:machines": JSON.stringify({ devserver: { ...machine, ...value } }), "nixos-vps:admin": admin },
      ["nixos-vps:machines"],
    );
  const written = (yaml: string) => fs.writeFileSync(path.join(hosts, `Pulumi.${pulumi.getStack()}.yaml`), yaml);
  const inFile = (passphrase: string, strategy: string) =>
    `config:\n  nixos-vps:machines:\n    devserver:\n      strategy: ${strategy}\n      volumes:\n        home:\n          passphrase: ${passphrase}\n`;

  test("a passphrase that is one of them is read", () => {
    secret({ volumes });
    written(inFile("{ secure: v1:abc }", "overlap"));

    expect(loadConfig(hosts, hosts).machines[0]?.volumes[0]?.passphrase).toBe("correct horse battery staple");
  });

  test("a passphrase that stands readable beside one is refused", () => {
    secret({ volumes });
    written(inFile("correct horse battery staple", "{ secure: v1:abc }"));

    expect(() => loadConfig(hosts, hosts)).toThrow(/passphrase\n.*stands readable in the file/);
    expect(() => loadConfig(hosts, hosts)).not.toThrow(/horse/);
  });
});

test("a token in the configuration goes before the environment's, and must be a secret there", () => {
  const config = { "nixos-vps:machines": machines, "nixos-vps:admin": admin, "hcloud:token": "short" };
  pulumi.runtime.setAllConfig(config, ["hcloud:token"]);
  expect(refusal().message).toMatch(/hcloud:token\n.*has 5 characters/);

  pulumi.runtime.setAllConfig({ ...config, "hcloud:token": TOKEN });
  expect(refusal().message).toMatch(/hcloud:token\n.*readable in the file/);
});

test("without any token the way to one is told", () => {
  delete process.env["HCLOUD_TOKEN"];
  pulumi.runtime.setAllConfig({ "nixos-vps:machines": machines, "nixos-vps:admin": admin });

  expect(refusal().message).toMatch(/hcloud:token\n.*is required/);
});
