import * as fs from "node:fs";
import { parse } from "yaml";
import type { Path } from "./problems";
import { isObject } from "./read";

/**
 * Where a stack's file has encrypted values below the keys of a namespace. Pulumi decrypts them before it hands them out, and says of a whole
 * key only that there is one.
 *
 * @param namespace with the colon, e.g. `nixos-vps:`; the places begin behind it
 * @returns undefined where the file is not there (another one by `--config-file`, an environment of Pulumi ESC) or is no stack's file
 */
export function encryptedPlacesIn(file: string, namespace: string): Path[] | undefined {
  const config = configOf(file);
  if (config === undefined) return undefined;
  const own = Object.entries(config).filter(([key]) => key.startsWith(namespace));
  return own.flatMap(([key, value]) => placesBelow(value, [key.slice(namespace.length)]));
}

function configOf(file: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = parse(fs.readFileSync(file, "utf8"));
    return isObject(content) && isObject(content["config"]) ? content["config"] : undefined;
  } catch {
    return undefined;
  }
}

function placesBelow(value: unknown, at: Path): Path[] {
  if (Array.isArray(value)) return value.flatMap((element, index) => placesBelow(element, [...at, index]));
  if (!isObject(value)) return [];
  // As Pulumi itself tells it from an object of somebody's.
  if (typeof value["secure"] === "string" && Object.keys(value).length === 1) return [at];
  return Object.entries(value).flatMap(([key, child]) => placesBelow(child, [...at, key]));
}
