/** See bundle.js. */
export function bundle(source: string, ...options: string[]): string;
export function load(source: string, ...options: string[]): unknown;
export const COMPILED: string;
export class NoPackages extends Error {}
