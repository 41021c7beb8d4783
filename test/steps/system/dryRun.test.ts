// How the closures of two systems are compared.
import fc from "fast-check";
import { packageChanges, readDryRun } from "../../../steps/system/dryRun";
import { parseResults } from "../../../steps/ssh/remote";

test("a version begins after the first dash that no letter follows", () => {
  expect(
    packageChanges([], ["gcc-wrapper-15.2", "nixos-system-x-26.05", "X-Restart-Triggers", "python3.13-requests-2.32", "unit-a.service"]),
  ).toEqual([
    { name: "gcc-wrapper", from: [], to: ["15.2"] },
    { name: "nixos-system-x", from: [], to: ["26.05"] },
    { name: "python3.13-requests", from: [], to: ["2.32"] },
  ]);
});

test("several outputs and versions of one package are one line", () => {
  expect(packageChanges(["nix-2.31", "nix-2.31-man"], ["nix-2.34", "nix-2.34-man"])).toEqual([
    { name: "nix", from: ["2.31", "2.31-man"], to: ["2.34", "2.34-man"] },
  ]);
});

const paths = fc.array(
  fc.tuple(fc.constantFrom("a", "b-c", "d"), fc.constantFrom("1", "2.0", "3-man")).map(([name, version]) => `${name}-${version}`),
);

test("there is no change from a closure to itself, and the way back is the way there, backwards", () => {
  fc.assert(
    fc.property(paths, paths, (one, other) => {
      expect(packageChanges(one, one)).toEqual([]);
      const there = packageChanges(one, other);
      const back = packageChanges(other, one);
      expect(back).toEqual(there.map(({ name, from, to }) => ({ name, from: to, to: from })));
    }),
  );
});

test("units are read from NixOS' own words, with commas or without", () => {
  const told = parseResults(
    [
      "new /nix/store/b",
      "active /nix/store/a",
      "unit would stop the following units: a.service, b.timer",
      "unit would NOT stop the following changed units: systemd-logind.service",
      "unit would reload the following units: dbus.service",
      "unit would start the following units: c.service d.service",
      "store from the root disk to /dev/x",
    ].join("\n"),
  );

  expect(readDryRun(told)).toMatchObject({
    changes: true,
    units: {
      stop: ["a.service", "b.timer"],
      leave: ["systemd-logind.service"],
      reload: ["dbus.service"],
      start: ["c.service", "d.service"],
      restart: [],
    },
    storeMoves: "from the root disk to /dev/x",
    restart: [],
  });
});
