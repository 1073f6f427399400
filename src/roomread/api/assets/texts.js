/**
 * The texts of a page in its language, from the catalogue that its `<html>` element names.
 *
 * Messages are plain English sentences; `make texts` finds the calls of `t` and `tn`, so the
 * sentence must stand in the call itself. A worker has no catalogue: it posts facts to its page.
 * @module
 */

const root = globalThis.document?.documentElement;

/** The language of the page, such as "es". */
export const language = root?.lang || "en";

const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
const catalogue = await load(root?.dataset.catalogue);

/**
 * Return the translations of a catalogue. Without it a page is in English, which is better than none.
 * @param {string | undefined} url
 * @returns {Promise<Record<string, string[]>>}
 */
async function load(url) {
  if (!url) return {};
  try {
    const response = await fetch(url);
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/**
 * Return the translation of a message, with its values filled in.
 * @param {string} message An English sentence, in which `{name}` stands for the value `name`.
 * @param {Record<string, string | number>} [values] Numbers are written as the language does.
 * @returns {string}
 */
export function t(message, values = {}) {
  return fill((catalogue[message] ?? [message])[0], values);
}

/**
 * Return the translation of a message that counts something.
 * @param {string} singular The English sentence for one.
 * @param {string} plural The English sentence for several.
 * @param {number} n The number that is counted; both sentences may name it as `{n}`.
 * @param {Record<string, string | number>} [values] As for `t`.
 * @returns {string}
 */
export function tn(singular, plural, n, values = {}) {
  const forms = catalogue[singular] ?? [singular, plural];
  const form = plurals.select(n) === "one" ? forms[0] : forms[forms.length - 1];
  return fill(form, { n, ...values });
}

/**
 * Return a share as a percentage.
 * @param {number} share From 0 to 1.
 * @returns {string}
 */
export function percent(share) {
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

/**
 * Return a time of day as hours and minutes.
 * @param {Date} time
 * @returns {string}
 */
export function timeOfDay(time) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(time);
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => {
    const value = values[name] ?? placeholder;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}
