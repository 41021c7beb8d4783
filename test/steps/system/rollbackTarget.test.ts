// Which generation a rollback goes to, as a rule of its own.
import type { Generation, Generations } from "../../../steps/system/generations";
import { chooseTarget, type RollbackWish } from "../../../steps/system/rollBack";

describe("which generation is gone to", () => {
  const generation = (number: number, over: Partial<Generation> = {}): Generation => ({
    number,
    system: `/nix/store/${number}`,
    made: "",
    version: "",
    active: false,
    boots: false,
    foreign: false,
    restart: [],
    health: 0,
    ports: [],
    unmounts: [],
    notes: [],
    ...over,
  });
  const known = (active: number | undefined, over: Partial<Generations> = {}): Generations => ({
    all: [3, 4, 5, 6].map((number) => generation(number, { active: number === active, boots: number === 6 })),
    current: 6,
    active: active === undefined ? "/nix/store/other" : `/nix/store/${active}`,
    last: { system: "/nix/store/6", flake: "f" },
    rolledBack: undefined,
    armed: false,
    unconfirmed: false,
    bootId: "b",
    ...over,
  });
  const chosen = (state: Generations, wish: Partial<RollbackWish> = {}): number =>
    chooseTarget(state, { reboot: false, ...wish }, "devserver").generation.number;

  test("by default the one before the one that runs; where what runs was never confirmed, the one that boots", () => {
    expect(chosen(known(6))).toBe(5);
    expect(chosen(known(4))).toBe(3);
    expect(chosen(known(undefined))).toBe(6);
    expect(chosen(known(6), { to: 3 })).toBe(3);
  });

  test("where several generations are of one system, the one that boots counts", () => {
    const state = known(6);
    state.all = state.all.map((one) => (one.number === 4 ? { ...one, active: true, boots: true } : { ...one, boots: false }));
    expect(chosen(state)).toBe(3);
  });

  test("what was begun is finished, and what was done is not done once more, one generation further back", () => {
    expect(chosen(known(6), { begun: 5 })).toBe(5);
    expect(chosen(known(5), { begun: 5 })).toBe(5);
    expect(chosen(known(5, { rolledBack: { number: 5, when: "" } }))).toBe(5);
    expect(chosen(known(5, { rolledBack: { number: 5, when: "" } }), { to: 4 })).toBe(4);
  });

  test("generations of former servers are passed over, and one that is not there is refused with those that are", () => {
    const state = known(6);
    state.all[2] = generation(5, { foreign: true });
    expect(chosen(state)).toBe(4);
    expect(() => chosen(state, { to: 9 })).toThrow(/devserver has no generation 9[^]*Nothing was touched[^]*There are: 3, 4, 6/);
    expect(() => chosen(known(3))).toThrow(/no generation of devserver before the one that runs/);
  });

  test("it is only there when it runs, boots, and waits for no confirmation", () => {
    const there = (state: Generations): boolean => chooseTarget(state, { to: 6, reboot: false }, "devserver").there;
    expect(there(known(6))).toBe(true);
    expect(there(known(6, { armed: true }))).toBe(false);
    expect(there(known(6, { unconfirmed: true }))).toBe(false);
    expect(there(known(5))).toBe(false);
  });

  test("one that was booted needs its confirmation and no further restart; what a switch left armed is activated anew", () => {
    const toSix = (over: Partial<Generations>, restart: string[] = []): boolean => {
      const state = known(6, over);
      state.all[3] = { ...generation(6, { active: true, boots: true }), restart };
      return chooseTarget(state, { to: 6, reboot: false }, "devserver").booted;
    };
    expect(toSix({ unconfirmed: true })).toBe(true);
    expect(toSix({ unconfirmed: true }, ["kernel"])).toBe(true);
    expect(toSix({ unconfirmed: true, armed: true })).toBe(false);
    expect(toSix({})).toBe(false);
    expect(chooseTarget(known(6, { unconfirmed: true }), { to: 5, reboot: false }, "devserver").booted).toBe(false);
  });
});
