import type { Command } from "commander";

/**
 * Adds a command, or a group of them, to `vps`.
 *
 * @example
 * ```ts
 * export const generations: Registration = (vps) => {
 *   vps.command("generations <machine>").description("…").action(async (machine: string, _options: object, command: Command) => {
 *     const stack = await openStack(command);
 *     const { document } = stack.machine(machine);
 *   });
 * };
 * ```
 */
export type Registration = (vps: Command) => void;
