// `npm run bench`: the figures by which this project wants to be judged, measured on the emulated cloud.
import { Command } from "commander";
import { refuseWithoutPrograms } from "../local/programs";
import { ensureToolchain } from "../toolchain";
import type { Figure } from "./figure";
import { figures } from "./figures";
import { allGood, asJson, asText, type Outcome } from "./report";

interface Options {
  json?: boolean;
  only?: string;
  machines: string;
}

async function main(options: Options): Promise<boolean> {
  const chosen = choose(options.only);
  const machines = Number(options.machines);
  if (!(Number.isInteger(machines) && machines > 0)) throw new Error(`--machines: "${options.machines}" is not a number of machines`);
  refuseWithoutPrograms();
  await ensureToolchain();
  const say = (text: string): void => void process.stderr.write(`  ${text}\n`);
  const outcomes: Outcome[] = [];
  for (const figure of chosen) {
    process.stderr.write(`${figure.title} (about ${figure.minutes.toString()} min)\n`);
    const outcome = await measured(figure, { machines, say });
    outcomes.push(outcome);
    if (!options.json) console.log(asText(outcome));
  }
  if (options.json) console.log(JSON.stringify(asJson(outcomes), null, 2));
  return allGood(outcomes);
}

/** @throws Error for a name that no figure has */
function choose(only: string | undefined): Figure[] {
  if (only === undefined) return figures;
  return only.split(",").map((name) => {
    const figure = figures.find((one) => one.name === name);
    if (!figure) throw new Error(`there is no figure "${name}". There are: ${figures.map((one) => one.name).join(", ")}`);
    return figure;
  });
}

async function measured(figure: Figure, options: Parameters<Figure["measure"]>[0]): Promise<Outcome> {
  try {
    return { figure, measured: await figure.measure(options) };
  } catch (error) {
    return { figure, error: error instanceof Error ? error.message : String(error) };
  }
}

const program = new Command("npm run bench --")
  .description("Measure how fast this is, on the emulated cloud. Ends with 1 when a goal is missed or something could not be measured.")
  .option("--json", "print one JSON object on stdout instead of tables")
  .option("--only <names>", `these figures alone, with commas between: ${figures.map(({ name }) => name).join(", ")}`)
  .option("--machines <count>", "machines of the figure about a first `up` of many", "20");

program.action(async (options: Options) => {
  process.exitCode = (await main(options)) ? 0 : 1;
});
program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
