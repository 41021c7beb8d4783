// The configuration and what is made of it later know the same names and limits: what passes here must not fail there.
import fc from "fast-check";
import { serverName } from "../../components/serverName";
import { parseConfig } from "../../config";
import { serverNameStem } from "../../config/names";
import { facts, volumeFacts } from "../../steps/facts";
import { KEY, context, machine, problemsOf, withMachine } from "./support";

const { machine: machineFact, host: hostFact, admin: adminFacts, ssh: sshFacts, system: systemFact } = facts.shape;

/** Words that are nearly names, so that both sides of every limit are met. */
const nearlyAName = fc.oneof(fc.stringMatching(/^[a-z0-9_-]{1,6}$/), fc.stringMatching(/^[a-z][a-z0-9-]{28,66}$/));

test("a machine's name that is right here is right in the facts, and the other way round", () => {
  fc.assert(
    fc.property(nearlyAName, (name) => {
      fc.pre(name !== "localhost");
      const problems = problemsOf({ machines: { [name]: machine }, admin: { sshKeys: [KEY] } });
      expect(problems.length === 0).toBe(machineFact.safeParse(name).success);
    }),
  );
});

test("a volume that is right here is right in the facts", () => {
  const mountPoint = fc.stringMatching(/^\/srv(\/[A-Za-z0-9._-]{1,5}){0,3}\/?$/);
  fc.assert(
    fc.property(nearlyAName, mountPoint, (name, at) => {
      const raw = withMachine({ volumes: { [name]: { size: 10, mountPoint: at } } });
      fc.pre(problemsOf(raw).length === 0);
      const device = "/dev/disk/by-id/scsi-0HC_Volume_1";
      const fact = { name, id: 1, device, mountPoint: at, store: false, encrypted: false };
      expect(volumeFacts.safeParse(fact).error).toBeUndefined();
    }),
  );
});

test("an admin, a port, a host and a system that are right here are right in the facts", () => {
  fc.assert(
    fc.property(nearlyAName, fc.integer({ min: 900, max: 60100 }), fc.integer({ min: -1, max: 65600 }), (name, uid, port) => {
      const raw = withMachine({ ssh: { port } }, { name, uid, sshKeys: [KEY] });
      fc.pre(problemsOf(raw).length === 0);
      const [parsed] = parseConfig(raw, context).machines;
      if (!parsed) throw new Error("no machine");
      expect(adminFacts.safeParse({ name, uid, keys: parsed.admin.sshKeys }).error).toBeUndefined();
      expect(sshFacts.shape.port.safeParse(parsed.ssh.port).error).toBeUndefined();
      expect(hostFact.safeParse(parsed.host).error).toBeUndefined();
      expect(systemFact.safeParse(parsed.system).error).toBeUndefined();
    }),
  );
});

test("what servers' names keep of a machine's is what the check for twins compares", () => {
  const stack = fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,40}$/);
  const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(stack, name, name, (inStack, one, other) => {
      const sameServers = serverName(inStack, one, "abcdef") === serverName(inStack, other, "abcdef");
      expect(serverNameStem(inStack, one) === serverNameStem(inStack, other)).toBe(sameServers);
    }),
  );
  const long = "m".repeat(70);
  expect(serverName("dev", long, "abcdef").slice(0, -"-abcdef".length)).toBe(serverNameStem("dev", long));
});
