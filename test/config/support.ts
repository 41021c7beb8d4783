import type { ConfigContext } from "../../config";
import { InvalidConfig, parseConfig } from "../../config";
import type { Problem } from "../../config/reading/problems";

export const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPoNElfGqamvvEf5I6bdLtbup2RVSGuNFFtRW9MgbEYd me@laptop";
export const OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO3uOX/5emFvjJYeWwdOWIo4Ej2Vd+jWl9n+ODIj4EyS you@desk";
export const TOKEN = "t".repeat(64);

export const context: ConfigContext = {
  stack: "dev",
  hosts: ["minimal/", "devserver/", "web.nix", "twice.nix", "twice/"],
  token: { from: "environment", value: TOKEN },
  secretKeys: [],
};

/** The smallest machine that is right. */
export const machine = { serverType: "cx23", location: "fsn1" };

/** A right configuration with one machine `devserver`, changed. */
export function withMachine(changes: object, admin: unknown = { sshKeys: [KEY] }): Record<string, unknown> {
  return { machines: { devserver: { ...machine, ...changes } }, admin };
}

/** What is wrong with a configuration; empty if nothing is. Any error but a report fails the test. */
export function problemsOf(raw: Record<string, unknown>, changes: Partial<ConfigContext> = {}): readonly Problem[] {
  try {
    parseConfig(raw, { ...context, ...changes });
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems;
    throw error;
  }
}

/** A kind of mistake: what is written, where it is reported, in which words. */
export type Mistake = [kind: string, raw: Record<string, unknown>, path: string, words: RegExp];

/** A mistake gives this one problem and no other: one slip must not make a person read five complaints. */
export function expectOnly(_kind: string, raw: Record<string, unknown>, path: string, words: RegExp): void {
  expect(problemsOf(raw)).toEqual([{ path, message: expect.stringMatching(words) as string }]);
}
