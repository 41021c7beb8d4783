// A real browser, where there is one: Chromium or Chrome from PATH, or the one that CHROMIUM names.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A browser that starts on a busy computer takes its time; only to fail in words where a test would hang. */
export const PATIENCE_MS = 60_000;

const found = process.env["CHROMIUM"] ?? onPath();
export const browserAtHand = found !== undefined && spawnSync(found, ["--version"]).status === 0 ? found : undefined;

if (browserAtHand === undefined) console.warn("skipped: the emulator's page in a browser, because there is no chromium that runs on PATH");

export const describeInBrowser = browserAtHand === undefined ? describe.skip : describe;

export function startBrowser(): Promise<Browser> {
  // Chromium refuses to be sandboxed as root, which CI is.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: browserAtHand ?? "", args, timeout: PATIENCE_MS });
}

function onPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
