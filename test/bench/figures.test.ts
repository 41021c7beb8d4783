import { figures } from "../../bench/figures";
import { terraformFigure } from "../../bench/terraform/figure";

test("figures can be told apart on the command line", () => {
  const names = figures.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z-]+$/.test(name))).toEqual([]);
});

test("without Terraform the comparison is skipped aloud, and claims no value", async () => {
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    const { values, notes } = await terraformFigure.measure({ machines: 1, say: () => undefined });

    expect(values).toEqual([]);
    expect(notes).toEqual(["SKIPPED: not on PATH: terraform, go"]);
  } finally {
    process.env.PATH = path;
  }
});
