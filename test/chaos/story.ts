// One machine's life under blows: each operation is struck once, `pulumi up` is run until it is green, and everything is looked at.
import { randomBytes } from "node:crypto";
import type { Result } from "../../local/stack";
import { brokenInvariants } from "../lifecycle/support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "../lifecycle/support/world";
import { type Disturbance, LAYOUTS, type Operation, OPERATIONS, type Plan, describe } from "./plan";
import { strike } from "./strike";

/** How often `up` may be run after a blow. The third time on with --refresh, as the README tells people whose server is gone. */
const ATTEMPTS = 5;
const REFRESH_FROM = 3;

/** Waits end sooner than with a real cloud, where a server may take ten minutes; those that end nevertheless are part of the story. */
const ENVIRONMENT = { NIXOS_VPS_LIMIT_FACTOR: "0.05" };

export interface Chapter {
  operation: Operation;
  blow: string;
  /** False when the operation had ended before the blow would have fallen. */
  struck: boolean;
  /** Exit code of the operation itself; null when it was killed. */
  code: number | null;
  /** How many times `up` had to be run afterwards; 0 when the operation went through. */
  ups: number;
  refreshed: boolean;
  recreated: boolean;
}

/** What went wrong for good, with all that is needed to look into it. */
export class StoryFailed extends Error {}

export class Story {
  private recreate = 0;
  private switched = 0;
  private hostKey: string | undefined;
  private precious = false;
  readonly chapters: Chapter[] = [];

  constructor(
    private readonly world: World,
    private readonly plan: Plan,
    private readonly tell: (line: string) => void = () => undefined,
  ) {}

  /** @throws StoryFailed when `up` does not become green, or something is not as it must be */
  async live(): Promise<void> {
    const { layout, blows } = this.plan;
    this.tell(`layout ${layout}; ${OPERATIONS.map((operation) => `${operation} ${describe(blows[operation])}`).join("; ")}`);
    for (const operation of OPERATIONS) await this.chapter(operation, blows[operation]);
  }

  private async chapter(operation: Operation, disturbance: Disturbance): Promise<void> {
    this.prepare(operation);
    const words = `${operation}, ${describe(disturbance)}`;
    const running = this.world.stack.start(this.command(operation), ENVIRONMENT);
    const blow = strike(this.world, { operation, layout: this.plan.layout, disturbance }, running);
    const { code, output } = await running.done;
    const struck = await blow.over();
    if (code === null) await this.world.stack.cancel();

    // Green already, where the operation went through: the look at everything asks Pulumi as well. A destroy that was cut off may have
    // left anything: the machine has to come back from it.
    const green = code === 0 && operation !== "destroy";
    const recovery = green ? { ups: 0, refreshed: false, recreated: false } : await this.upUntilGreen(words, output);
    await this.look(words);
    this.chapters.push({ operation, blow: describe(disturbance), struck, code, ...recovery });
    this.tell(`${words}${struck ? "" : " (it had ended before)"}: ${green ? "went through" : `green after ${recovery.ups}`}`);

    if (operation === "destroy") await this.destroy();
    if (operation === "create" || !this.precious) await this.leavePreciousFiles();
  }

  private prepare(operation: Operation): void {
    if (operation === "switch") this.switched += 1;
    if (operation === "recreate") this.recreate += 1;
    // It lies in the state, which destroy empties: the machine that comes back has another one.
    if (operation === "destroy") this.hostKey = undefined;
    this.configure();
  }

  private configure(): void {
    this.world.configure({ devserver: { ...DEVSERVER, volumes: LAYOUTS[this.plan.layout], recreate: this.recreate } });
    this.world.project.emulate({ units: { [`hello-${this.switched}.service`]: { ports: [], requiresMountsFor: [], fails: false } } });
  }

  private command(operation: Operation): string[] {
    return [operation === "destroy" ? "destroy" : "up", "--yes", "--skip-preview"];
  }

  private async upUntilGreen(words: string, cause: string): Promise<Pick<Chapter, "ups" | "refreshed" | "recreated">> {
    const outputs = [cause];
    let recreated = false;
    for (let ups = 1; ups <= ATTEMPTS; ups += 1) {
      const refreshed = ups >= REFRESH_FROM;
      const result = await this.up(refreshed);
      if (result.code === 0) return { ups, refreshed, recreated };
      outputs.push(result.output);
      // What a person would do who reads "If it stays like this, recreate the machine".
      if (refreshed && /recreate the machine/i.test(result.output)) {
        this.recreate += 1;
        recreated = true;
        this.configure();
      }
    }
    throw new StoryFailed(`${words}: not green after ${ATTEMPTS} times \`pulumi up\`\n\n${outputs.join("\n----\n")}`);
  }

  private up(refresh: boolean): Promise<Result> {
    const flags = refresh ? ["--refresh"] : [];
    return this.world.stack.start(["up", "--yes", "--skip-preview", ...flags], ENVIRONMENT).done;
  }

  /** Everything that must be true again, whatever happened. */
  private async look(words: string): Promise<void> {
    const broken = await brokenInvariants(this.world, { note: false });
    const { hostPublicKey } = await outputsOf(this.world);
    if (this.hostKey !== undefined && hostPublicKey !== this.hostKey) broken.push("the machine's host key is another one");
    this.hostKey = hostPublicKey;
    if (this.precious) {
      await this.world
        .ssh("devserver", "cd /home/qwe/precious && sha256sum --quiet -c SUMS")
        .catch((error: unknown) => broken.push(`the files on the volume are not what they were: ${String(error)}`));
    }
    const preview = await this.world.stack.start(["preview", "--refresh", "--expect-no-changes"]).done;
    if (preview.code !== 0) broken.push(`the state is not equal to the cloud:\n${preview.output}`);
    if (broken.length > 0) throw new StoryFailed(`${words}: ${broken.join("\n")}`);
  }

  private async leavePreciousFiles(): Promise<void> {
    const text = randomBytes(48 * 1024).toString("base64");
    await this.world.ssh(
      "devserver",
      "mkdir -p /home/qwe/precious && cd /home/qwe/precious && cat >a && head -c 10000 a >b && sha256sum a b >SUMS && sync",
      text,
    );
    this.precious = true;
  }

  private async destroy(): Promise<void> {
    await this.world.stack.destroy();
    this.hostKey = undefined;
    const { servers, volumes } = this.world.cloud.snapshot();
    if (servers.length !== 0 || volumes.length !== 1)
      throw new StoryFailed(`after destroy there are ${servers.length} servers and ${volumes.length} volumes`);
  }
}

/** @returns the chapters of the story */
export async function tellStory(plan: Plan, tell?: (line: string) => void): Promise<Chapter[]> {
  const world = await newWorld();
  try {
    const story = new Story(world, plan, tell);
    await story.live();
    return story.chapters;
  } finally {
    await world.end();
  }
}
