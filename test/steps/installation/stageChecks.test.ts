// What a server must be to become the machine. That a refusal leaves it as it is shows in stage.test.ts.
import fc from "fast-check";
import { type Capacity, unfitness } from "../../../steps/installation/stageChecks";
import { sampleFacts, volume } from "../support/samples";

const GOOD: Capacity = { arch: "x86_64", memoryMiB: 3_900, rootDiskMiB: 40 * 1024 };
const facts = sampleFacts("ssh-ed25519 AAAA", [volume(1)]);
const words = (capacity: Partial<Capacity>, over: Partial<typeof facts> = {}, firmware: "bios" | "uefi" = "bios"): string =>
  unfitness({ ...GOOD, ...capacity }, firmware, { ...facts, ...over }).join("; ");

test("Hetzner's smallest servers are good enough, with and without a volume for the store", () => {
  const smallest = { memoryMiB: 1_900, rootDiskMiB: 20 * 1024 - 200 };

  expect(words(smallest)).toBe("");
  expect(words(smallest, { storage: { ...facts.storage, volumes: [] } })).toBe("");
});

test("what is too small, or of another kind, is named with what to do about it", () => {
  expect(words({ memoryMiB: 900 })).toMatch(/900 MiB of memory.*choose a larger server type/);
  expect(words({ rootDiskMiB: 4_000 })).toMatch(/disk holds 4000 MiB/);
  expect(words({ rootDiskMiB: 10 * 1024 })).toBe("");
  expect(words({ rootDiskMiB: 10 * 1024 }, { storage: { ...facts.storage, volumes: [] } })).toMatch(/store on the root disk/);
  expect(words({ arch: "aarch64" })).toMatch(/aarch64 processor, but devserver is to be built for x86_64/);
  expect(words({ arch: "aarch64" }, { system: "aarch64-linux" })).toMatch(/BIOS/);
  expect(words({ arch: "aarch64" }, { system: "aarch64-linux" }, "uefi")).toBe("");
});

test("all that is wrong is said at once", () => {
  expect(unfitness({ arch: "riscv64", memoryMiB: 1, rootDiskMiB: 1 }, "bios", facts)).toHaveLength(3);
});

test("law: more memory and more disk never make a server unfit", () => {
  const capacity = fc.record({
    arch: fc.constant("x86_64"),
    memoryMiB: fc.integer({ min: 1, max: 8_000 }),
    rootDiskMiB: fc.integer({ min: 1, max: 40_000 }),
  });
  fc.assert(
    fc.property(capacity, fc.nat(8_000), fc.nat(40_000), (small, memory, disk) => {
      const large = { ...small, memoryMiB: small.memoryMiB + memory, rootDiskMiB: small.rootDiskMiB + disk };
      expect(unfitness(large, "bios", facts).length).toBeLessThanOrEqual(unfitness(small, "bios", facts).length);
    }),
  );
});
