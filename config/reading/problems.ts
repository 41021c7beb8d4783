// What is wrong with a configuration, and where. Every check adds to one list, so that a person reads all of it at once.

/** The way to a value from the stack's configuration: `["machines", "devserver", "volumes", "home", "size"]`. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** As the user would type it for `pulumi config set --path`: `nixos-vps:machines.devserver.volumes.home.size`. */
  path: string;
  /** What is wrong, what is allowed and what is meant in all likelihood. Follows the path, so it begins with a verb. */
  message: string;
}

/** Collects problems; one for each path, because the second is mostly a consequence of the first. */
export class Problems {
  private readonly found = new Map<string, string>();
  private readonly sealed: string[] = [];

  add(path: Path, message: string): void {
    this.addAt(pathText(path), message);
  }

  /** For what is not in the project's own namespace, e.g. `hcloud:token`. */
  addAt(path: string, message: string): void {
    if (this.sealed.some((seal) => isWithin(path, seal))) return;
    if (!this.found.has(path)) this.found.set(path, message);
  }

  /** Adds a problem and keeps silent about everything below it: for values that must not be looked at any closer. */
  seal(path: Path, message: string): void {
    this.add(path, message);
    this.sealed.push(pathText(path));
  }

  /** Is something wrong at this place, or at one above or below it? Then a rule that builds on it has nothing to say. */
  touch(path: Path): boolean {
    const text = pathText(path);
    return [...this.found.keys()].some((known) => isWithin(known, text) || isWithin(text, known));
  }

  get count(): number {
    return this.found.size;
  }

  /** By path, so that what belongs to one machine stands together. */
  get all(): Problem[] {
    const byPath = new Intl.Collator("en", { numeric: true });
    return [...this.found].map(([path, message]) => ({ path, message })).sort((one, other) => byPath.compare(one.path, other.path));
  }
}

/** A path in Pulumi's own notation, with the namespace in front. */
export function pathText(path: Path): string {
  const [first = "", ...rest] = path;
  return `nixos-vps:${first}${rest.map(segment).join("")}`;
}

function segment(part: string | number): string {
  if (typeof part === "number") return `[${part}]`;
  return /^[A-Za-z0-9_-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}.`) || path.startsWith(`${folder}[`);
}
