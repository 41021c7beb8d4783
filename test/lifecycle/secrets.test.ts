// No secret in the state in the clear, in what is printed, in process arguments, on the machine's store or in its journal (invariant 7).
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { TOKEN } from "../../local/cloud";
import { DEVSERVER, type World, newWorld } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("what a whole life prints, passes as arguments and leaves in files holds no secret", async () => {
  const watching = watchArguments();
  let printed = "";
  printed += (await world.stack.up("--diff")).output;
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });
  printed += (await world.stack.up("--diff")).output;
  const secrets = await secretsOf(world);
  const onMachine = await world.ssh("devserver", "sudo grep -rlF -f - /nix/store /etc/nixos 2>/dev/null || true", secrets.join("\n"));
  printed += (await world.stack.preview("--diff")).output;
  printed += (await world.stack.destroy()).output;
  const seenArguments = watching.end();

  const files = [...filesBelow(world.project.backend), world.events.stepLog].map((file) => readFileSync(file, "utf8")).join("\n");
  const journal = JSON.stringify(world.cloud.journal.entries);
  for (const secret of secrets) {
    expect(printed).not.toContain(secret);
    expect(seenArguments).not.toContain(secret);
    expect(files).not.toContain(secret);
    expect(journal).not.toContain(secret);
  }
  expect(onMachine).toBe("");
  expect(seenArguments).toContain("steps/main.ts"); // the watch did see the steps
});

test("a step that fails prints no secret either", async () => {
  world.project.emulate({ kernel: 7 });

  const failure: unknown = await world.stack.up().catch((error: unknown) => error);

  const printed = String(failure);
  expect(printed).toContain("kernel");
  expect(printed).not.toContain(TOKEN);
  expect(printed).not.toContain("PRIVATE KEY");
});

/** The token, the secret that keys come from, and a telling line of each private key. */
async function secretsOf({ stack }: World): Promise<string[]> {
  const { output } = await stack.run(["stack", "export", "--show-secrets"]);
  const exported = JSON.parse(output) as { deployment: { resources: { type: string; outputs?: { result?: { plaintext?: string } } }[] } };
  const passwords = exported.deployment.resources
    .filter((resource) => resource.type === "random:index/randomPassword:RandomPassword")
    .map((resource) => JSON.parse(resource.outputs?.result?.plaintext ?? '""') as string);
  const keys = [
    ...output.matchAll(/BEGIN OPENSSH PRIVATE KEY-----(?:\\+n)([A-Za-z0-9+/=]+)(?:\\+n)([A-Za-z0-9+/=]+)(?:\\+n)([A-Za-z0-9+/=]+)/g),
  ].map((match) => match[3] ?? "");
  expect(passwords.every((password) => password.length === 64)).toBe(true);
  expect(keys.length).toBeGreaterThan(0);
  return [...new Set([TOKEN, ...passwords, ...keys])];
}

/** Collects the arguments of every process of this computer until it ends. */
function watchArguments(): { end(): string } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // gone meanwhile
      }
    }
  }, 20);
  return {
    end: () => {
      clearInterval(timer);
      return [...seen].join("\n");
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}
