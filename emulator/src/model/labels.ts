// Labels and the language that selects by them.
import { invalidField, type FieldProblem } from "./errors";

const NAME = /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/;
const DNS_LABEL = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;
const RESERVED_PREFIX = "hetzner.cloud";

export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash === -1) return NAME.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && prefix.split(".").every((part) => DNS_LABEL.test(part)) && NAME.test(key.slice(slash + 1));
}

export const isLabelValue = (value: string): boolean => value === "" || NAME.test(value);

/** @returns what is wrong with a set of labels, empty if nothing */
export function labelProblems(labels: Record<string, string>): FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    if (!isLabelKey(key)) return [{ name: "labels", messages: [`label key '${key}' is not correctly formatted`] }];
    if (key.startsWith(`${RESERVED_PREFIX}/`)) return [{ name: "labels", messages: [`label key '${key}' uses a reserved prefix`] }];
    if (!isLabelValue(value)) return [{ name: "labels", messages: [`label value '${value}' of key '${key}' is not correctly formatted`] }];
    return [];
  });
}

export type LabelPredicate = (labels: Record<string, string>) => boolean;

const EXPRESSION = {
  set: /^([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)$/,
  equality: /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/,
  absent: /^!\s*([^\s!=(),]+)$/,
  present: /^([^\s!=(),]+)$/,
};

/**
 * Reads a selector like `env in (testing,staging),!retired`: expressions joined by commas, all of which must hold.
 *
 * @throws ApiError `invalid_input` on the field `label_selector` when it is not one
 */
export function parseSelector(selector: string, field = "label_selector"): LabelPredicate {
  if (selector.trim() === "") return () => true;
  const predicates = splitOutsideParentheses(selector).map((part) => parseExpression(part.trim(), field));
  return (labels) => predicates.every((holds) => holds(labels));
}

function parseExpression(text: string, field: string): LabelPredicate {
  const key = (name: string | undefined): string => checked(name ?? "", isLabelKey, "key", field);
  const value = (name: string | undefined): string => checked(name ?? "", isLabelValue, "value", field);

  const set = EXPRESSION.set.exec(text);
  if (set) {
    const [, name, operator, list] = set;
    const of = key(name);
    const values = (list ?? "").split(",").map((each) => value(each.trim()));
    return (labels) => {
      const has = valueOf(labels, of);
      // As with `!=`, a resource without the key is not one of the values either.
      return operator === "in" ? has !== undefined && values.includes(has) : has === undefined || !values.includes(has);
    };
  }
  const equality = EXPRESSION.equality.exec(text);
  if (equality) {
    const [, name, operator, wanted] = equality;
    const of = key(name);
    const expected = value(wanted);
    return (labels) => (operator === "!=" ? valueOf(labels, of) !== expected : valueOf(labels, of) === expected);
  }
  const absent = EXPRESSION.absent.exec(text);
  if (absent) {
    const of = key(absent[1]);
    return (labels) => valueOf(labels, of) === undefined;
  }
  const present = EXPRESSION.present.exec(text);
  if (present) {
    const of = key(present[1]);
    return (labels) => valueOf(labels, of) !== undefined;
  }
  throw invalidField(field, `'${text}' is not a label selector`);
}

// `constructor` is a legal key, and every object answers to it.
function valueOf(labels: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function checked(text: string, valid: (text: string) => boolean, what: string, field: string): string {
  if (!valid(text)) throw invalidField(field, `'${text}' is not a label ${what}`);
  return text;
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = "";
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "," && depth === 0) {
      parts.push(current);
      current = "";
    } else {
      current += character;
    }
  }
  return [...parts, current];
}
