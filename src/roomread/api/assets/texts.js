/**
 * Translate the texts of a page with the catalogue that its `<html>` element names.
 *
 * Messages are plain English sentences. `make texts` finds them in the calls of `t` and `tn`, so
 * they must be literals there. A worker has no catalogue; its page translates the texts instead.
 * @module
 */

const root = globalThis.document?.documentElement;

/** The language of the page, such as "es". */
export const language = root?.lang || "en";

const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
const catalogue = await load(root?.dataset.catalogue);

/**
 * Return the translations of a catalogue; none if it cannot be loaded, so that texts stay English.
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
 * @param {string} message An English sentence, in which `{name}` is a placeholder for a value.
 * @param {Record<string, string | number>} [values] The values; numbers get the language's format.
 * @returns {string}
 */
export function t(message, values = {}) {
  return fill((catalogue[message] ?? [message])[0], values);
}

/**
 * Return the translation of a message with a number, in the singular or plural.
 * @param {string} singular The English sentence for the number 1.
 * @param {string} plural The English sentence for other numbers.
 * @param {number} n The number, for which both sentences may contain `{n}`.
 * @param {Record<string, string | number>} [values] Further values, as for `t`.
 * @returns {string}
 */
export function tn(singular, plural, n, values = {}) {
  const forms = catalogue[singular] ?? [singular, plural];
  const form = plurals.select(n) === "one" ? forms[0] : forms[forms.length - 1];
  return fill(form, { n, ...values });
}

/**
 * Return a proportion as a percentage in the format of the language.
 * @param {number} share 0..1.
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
 * Replace the placeholders in a text by values.
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
