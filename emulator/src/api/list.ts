// Lists: filters, sorting, pages.
import { invalidField } from "../model/errors";
import { parseSelector } from "../model/labels";
import { type Answer, type Call, ok } from "./route";

const DEFAULT_PER_PAGE = 25;
const MAX_PER_PAGE = 50;

type Value = string | number | null;

export interface ListOptions<T> {
  /** The key of the answer, e.g. `servers`. */
  key: string;
  items: T[];
  present: (item: T) => object;
  /** Query parameters that keep only items with one of the given values. */
  filters?: Record<string, (item: T) => Value>;
  /** Fields that can be sorted by. Where there are none, `sort` is no parameter: the `hcloud` command line sends it all the same. */
  sort?: Record<string, (item: T) => Value>;
  /** Where `label_selector` is understood. */
  labels?: (item: T) => Record<string, string>;
  /** 50 by default. */
  maxPerPage?: number;
}

/** Filters, sorts and cuts out the page that was asked for. */
export function list<T>(call: Call<unknown>, options: ListOptions<T>): Answer {
  const items = options.sort ? sorted(call, filtered(call, options), options.sort) : filtered(call, options);
  const page = call.query.count("page", 1);
  const perPage = Math.min(call.query.count("per_page", DEFAULT_PER_PAGE), options.maxPerPage ?? MAX_PER_PAGE);
  const lastPage = Math.max(1, Math.ceil(items.length / perPage));
  const pagination = {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < lastPage ? page + 1 : null,
    last_page: lastPage,
    total_entries: items.length,
  };
  const shown = items.slice((page - 1) * perPage, page * perPage).map((item) => options.present(item));
  const link = linkHeader(call, pagination);
  return { ...ok({ [options.key]: shown, meta: { pagination } }), ...(link ? { headers: { link } } : {}) };
}

function filtered<T>(call: Call<unknown>, { items, filters = {}, labels }: ListOptions<T>): T[] {
  let kept = items;
  for (const [name, valueOf] of Object.entries(filters)) {
    const wanted = call.query.all(name);
    if (wanted.length > 0) kept = kept.filter((item) => wanted.includes(String(valueOf(item))));
  }
  const selector = call.query.one("label_selector");
  if (labels && selector !== undefined) {
    const matches = parseSelector(selector);
    kept = kept.filter((item) => matches(labels(item)));
  }
  return kept;
}

function sorted<T>(call: Call<unknown>, items: T[], fields: Record<string, (item: T) => Value>): T[] {
  const keys = call.query.all("sort").map((text) => {
    const [name = "", direction = "asc"] = text.split(":");
    const valueOf = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!valueOf || !/^(asc|desc)$/.test(direction)) throw invalidField("sort", `cannot sort by '${text}'`);
    return { valueOf, sign: direction === "desc" ? -1 : 1 };
  });
  if (keys.length === 0) return items;
  return [...items].sort((a, b) => {
    for (const { valueOf, sign } of keys) {
      const order = compare(valueOf(a), valueOf(b));
      if (order !== 0) return sign * order;
    }
    return 0;
  });
}

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function linkHeader(call: Call<unknown>, pages: { previous_page: number | null; next_page: number | null; last_page: number }): string {
  const links: [string, number | null][] = [
    ["prev", pages.previous_page],
    ["next", pages.next_page],
    ["last", pages.next_page === null ? null : pages.last_page],
  ];
  return links.flatMap(([rel, page]) => (page === null ? [] : [`<${call.url}?${call.query.withPage(page)}>; rel="${rel}"`])).join(", ");
}
