// The one secret of a person's that a configuration holds beside the token.
import { parseConfig } from "../../config";
import { context, problemsOf, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver.volumes.home.passphrase";
const PLACE = ["machines", "devserver", "volumes", "home", "passphrase"];
const PASSPHRASE = "correct horse battery staple";

const withVolume = (volume: object) => withMachine({ volumes: { home: { size: 10, encrypted: true, ...volume } } });
/** As Pulumi hands a configuration over whose machines hold a `secure:` value. */
const marked = { secretKeys: ["nixos-vps:machines"] };
const encrypted = { ...marked, encryptedPlaces: [PLACE] };

test("an encrypted volume with an encrypted passphrase is right, and has it as it was set", () => {
  const { machines } = parseConfig(withVolume({ passphrase: PASSPHRASE }), { ...context, ...encrypted });

  expect(machines[0]?.volumes).toEqual([
    { name: "home", size: 10, mountPoint: "/home", store: true, encrypted: true, passphrase: PASSPHRASE },
  ]);
});

test("where the stack's file cannot be read, the mark on the machines is taken to stand for the passphrase", () => {
  expect(problemsOf(withVolume({ passphrase: PASSPHRASE }), marked)).toEqual([]);
});

test.each([
  ["as nothing in the machines is encrypted", {}],
  ["as it is another value that is", { ...marked, encryptedPlaces: [["machines", "devserver", "volumes", "data", "passphrase"]] }],
])("a passphrase in the clear is refused and never printed, %s", (_, known) => {
  const raw = withMachine({
    volumes: {
      home: { size: 10, encrypted: true, passphrase: PASSPHRASE },
      data: { size: 10, encrypted: true, ...("encryptedPlaces" in known && { passphrase: "another horse, another battery" }) },
    },
  });
  const problems = problemsOf(raw, known);

  expect(problems).toContainEqual({ path: AT, message: expect.stringMatching(/stands readable in the file.*--secret --path/s) as string });
  expect(JSON.stringify(problems)).not.toContain("horse");
});

test.each([
  ["19 characters", "nineteen characters", /has 19 characters, but 20 are the fewest/],
  ["513 characters", "x".repeat(513), /has 513 characters, but 512 are the most/],
  ["a line break at its end", `${PASSPHRASE}\n`, /line break/],
  ["blanks around it", ` ${PASSPHRASE}`, /blanks around it/],
  ["a number", 12345678901234567890n.toString().length, /must be a secret of 20 to 512 characters on one line.*not shown/],
  ["a list", [PASSPHRASE], /must be a secret.*not shown/],
])("a passphrase of %s is refused without being shown", (_, passphrase, words) => {
  const problems = problemsOf(withVolume({ passphrase }), encrypted);

  expect(problems).toEqual([{ path: AT, message: expect.stringMatching(words) as string }]);
  expect(JSON.stringify(problems)).not.toMatch(/nineteen|xxx|horse/);
});

test("a passphrase for a volume that is not encrypted is refused", () => {
  const problems = problemsOf(withVolume({ passphrase: PASSPHRASE, encrypted: false }), encrypted);

  expect(problems).toEqual([{ path: AT, message: expect.stringMatching(/the volume is not encrypted.*encrypted: true/) as string }]);
});

test("beside passphrases no other value may be encrypted, and then no value is printed", () => {
  const raw = withMachine({ strategy: "hunter2", volumes: { home: { size: 10, encrypted: true, passphrase: PASSPHRASE } } });
  const problems = problemsOf(raw, { ...marked, encryptedPlaces: [PLACE, ["machines", "devserver", "strategy"]] });

  expect(problems).toContainEqual({
    path: "nixos-vps:machines.devserver.strategy",
    message: expect.stringMatching(/marked `secure:`.*but the passphrases of volumes/s) as string,
  });
  expect(JSON.stringify(problems)).not.toMatch(/hunter2|horse/);
});

test("other mistakes beside an encrypted passphrase are told as ever", () => {
  const problems = problemsOf(withVolume({ passphrase: PASSPHRASE, mountPoint: "/etc" }), encrypted);

  expect(problems).toEqual([
    { path: "nixos-vps:machines.devserver.volumes.home.mountPoint", message: expect.stringMatching(/belongs to the system/) as string },
  ]);
});
