// Elements from data. Texts are set as texts everywhere: a name with markup in it is shown as it is written.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} properties attributes; `onclick` and the like are listeners, null and false leave one out
 * @param {...(Node | string | number | null | undefined)} children
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}

export const find = (selector, within = document) => within.querySelector(selector);

/**
 * Shows a list. An element whose item has not changed stays as it is; one that is made anew keeps the keyboard's focus and what was open.
 *
 * @param {Element} container
 * @param {unknown[]} items
 * @param {(item) => string | number} keyOf
 * @param {(item) => Element} render
 */
export function fill(container, items, keyOf, render) {
  const former = new Map([...container.children].map((element) => [element.dataset.key, element]));
  const elements = items.map((item) => {
    const key = String(keyOf(item));
    const text = JSON.stringify(item);
    const old = former.get(key);
    if (old && old.shown === text) return old;
    const fresh = render(item);
    fresh.dataset.key = key;
    fresh.shown = text;
    if (old) carryOver(old, fresh);
    return fresh;
  });
  let at = container.firstElementChild;
  for (const element of elements) {
    if (element === at) at = at.nextElementSibling;
    else container.insertBefore(element, at);
    element.restoreFocus?.();
    delete element.restoreFocus;
  }
  const kept = new Set(elements);
  for (const element of [...container.children]) if (!kept.has(element)) element.remove();
}

function carryOver(old, fresh) {
  const details = [...old.querySelectorAll("details")].map(({ open }) => open);
  for (const [at, element] of [...fresh.querySelectorAll("details")].entries()) element.open = details[at] ?? false;
  if (!old.contains(document.activeElement)) return;
  const focusable = "button, summary, a, input";
  const at = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
  fresh.restoreFocus = () => fresh.querySelectorAll(focusable)[at]?.focus();
}

/** A section's number, and its words for when there is nothing. */
export function count(section, number, note = String(number)) {
  const counter = find(".count", section);
  if (counter) counter.textContent = number > 0 ? note : "";
  const empty = find(".empty", section);
  const table = find("table", section);
  if (empty) empty.hidden = number > 0;
  if (table) table.hidden = number === 0;
}

/** A word with a dot: what it means stands in the word, the colour only repeats it. */
export const state = (word, tone) => el("span", { class: "state", "data-tone": tone }, word);

export const labels = (pairs) => {
  const words = Object.entries(pairs).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return words.length === 0 ? null : el("div", { class: "labels" }, ...words.map((word) => el("span", { class: "tag" }, word)));
};

/** A text that one click copies. */
export function copyable(text, words = text) {
  if (!navigator.clipboard) return el("code", {}, words);
  const button = el("button", { type: "button", class: "copy", title: `Copy: ${text}`, onclick: copy }, el("code", {}, words));
  async function copy() {
    await navigator.clipboard.writeText(text);
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1200);
  }
  return button;
}

/** A table's cell that says its column where the table is shown as a stack. */
export const cell = (label, ...children) => el("td", { "data-label": label }, ...children);
