// Ten seeds of `npm run chaos`, a minute or more for each. What a seed found once is a test of its own, in test/lifecycle/.
import { planOf } from "./plan";
import { tellStory } from "./story";

jest.setTimeout(1_800_000);

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("seed %i: the machine survives a blow in each operation of its life", async (seed) => {
  const chapters = await tellStory(planOf(seed));

  expect(chapters).toHaveLength(5);
});

test("every third seed tells of a store on the root disk", () => {
  expect([1, 2, 3, 4, 5, 6].map((seed) => planOf(seed).layout)).toEqual([
    "home + store",
    "home + store",
    "home",
    "home + store",
    "home + store",
    "home",
  ]);
});

test("a seed always makes the same plan, and others make others", () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify(planOf(seed)))).size).toBe(50);
});
