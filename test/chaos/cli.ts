// `npm run chaos -- --seeds N`: N stories of a machine, each struck in every operation at a point that its seed decides.
import { Command, InvalidArgumentError } from "commander";
import { type Plan, planOf } from "./plan";
import { type Chapter, tellStory } from "./story";

interface Options {
  seeds: number;
  from: number;
  jobs: number;
  json?: true;
}

const command = new Command("chaos")
  .description("kills what can be killed while a machine is made, switched, recreated, destroyed and made again")
  .option("--seeds <n>", "how many stories", wholeNumber, 10)
  .option("--from <seed>", "the first seed", wholeNumber, 1)
  .option("--jobs <n>", "stories side by side", wholeNumber, 1)
  .option("--json", "one line for each story")
  .action(run);

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on is wanted.");
  return number;
}

async function run({ seeds, from, jobs, json }: Options): Promise<void> {
  const left = Array.from({ length: seeds }, (_, index) => from + index);
  const failed: number[] = [];
  const chapters: Chapter[] = [];
  const work = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const began = Date.now();
      const plan = planOf(seed);
      try {
        const told = await tellStory(plan, json ? undefined : (line) => console.error(`  seed ${seed}: ${line}`));
        chapters.push(...told);
        report(seed, began, { plan, ok: true, chapters: told }, json);
      } catch (error) {
        failed.push(seed);
        report(seed, began, { plan, ok: false, problem: error instanceof Error ? error.message : String(error) }, json);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));

  const struck = chapters.filter((chapter) => chapter.struck).length;
  const refreshed = chapters.filter((chapter) => chapter.refreshed).length;
  const recreated = chapters.filter((chapter) => chapter.recreated).length;
  console.error(
    `${struck} blows of ${chapters.length} fell; ${refreshed} times --refresh was needed, ${recreated} times a machine had to be recreated`,
  );
  console.log(`${seeds - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) console.log(`to see one again: npm run chaos -- --seeds 1 --from ${failed.join(" or ")}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function report(
  seed: number,
  began: number,
  result: { plan: Plan; ok: boolean; chapters?: Chapter[]; problem?: string },
  json?: true,
): void {
  const seconds = Math.round((Date.now() - began) / 1000);
  if (json) console.log(JSON.stringify({ seed, seconds, ...result }));
  else console.log(`seed ${seed}: ${result.ok ? "passed" : "FAILED"} (${seconds} s)${result.problem ? `\n${result.problem}` : ""}`);
}

command.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
