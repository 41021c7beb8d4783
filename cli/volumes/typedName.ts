// What cannot be taken back has a person type the volume's name.
import { createInterface } from "node:readline/promises";
import { Interrupted, WrongUsage } from "../trouble";

/** What a shell says of a program that Ctrl+C has ended. */
const CONTROL_C = 130;

/**
 * @param inScript the command that does without a person
 * @throws {WrongUsage} when nobody is there to type
 */
export function requirePerson(name: string, inScript: string): void {
  if (process.stdin.isTTY) return;
  throw new WrongUsage({
    what: `The name of ${name} has to be typed, and nobody is there to type it.`,
    next: `In a script: ${inScript}`,
  });
}

/**
 * @returns what was typed after these words
 * @throws {Interrupted} at Ctrl+C and Ctrl+D, which the terminal hands over as keys and not as a signal
 */
export async function typedName(words: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    console.error(words);
    return (await terminal.question("Type the volume's name to go on: ")).trim();
  } catch {
    console.error();
    throw new Interrupted("No name was typed. Nothing was touched.", CONTROL_C);
  } finally {
    terminal.close();
  }
}

/** @throws {WrongUsage} when it is not the volume's name */
export function requireName(typed: string, name: string, next: string): void {
  if (typed === name) return;
  throw new WrongUsage({ what: `"${typed}" is not the volume's name, which is ${name}.`, next });
}
