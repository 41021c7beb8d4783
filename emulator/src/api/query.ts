import { invalidField } from "../model/errors";

/** The query of a request. A parameter may come once, several times or not at all. */
export class Query {
  constructor(private readonly parameters: URLSearchParams) {}

  /** The last of them. An empty one counts as none: clients send `name=` when they have none. */
  one(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  all(name: string): string[] {
    return this.parameters.getAll(name).filter((value) => value !== "");
  }

  /**
   * Written as Go reads truth: Python's client sends `True`, others `true` or `1`.
   *
   * @throws ApiError `invalid_input` when it is neither true nor false
   */
  flag(name: string): boolean {
    const text = (this.one(name) ?? "false").toLowerCase();
    if (["true", "t", "1"].includes(text)) return true;
    if (["false", "f", "0"].includes(text)) return false;
    throw invalidField(name, "must be true or false");
  }

  /** @throws ApiError `invalid_input` when it is not a whole number of at least 1 */
  count(name: string, fallback: number): number {
    const text = this.one(name);
    if (text === undefined) return fallback;
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < 1) throw invalidField(name, "must be a whole number greater than 0");
    return number;
  }

  /** The same query, asking for another page. */
  withPage(page: number): string {
    const other = new URLSearchParams(this.parameters);
    other.set("page", String(page));
    return other.toString();
  }
}
