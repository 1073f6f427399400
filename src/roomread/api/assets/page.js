/**
 * The parts of a page that a script fills in.
 * @module
 */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function part(id) {
  return partAs(id, HTMLElement);
}

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function partAs(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * Show one of several sections of a page, and move the focus to it if another one had it, so that
 * the keyboard goes on there and a screen reader reads it out.
 * @param {string[]} ids The sections.
 * @param {string} shown Which of them is shown.
 */
export function showSection(ids, shown) {
  const section = part(shown);
  if (!section.hidden) return;
  const had = ids.some((id) => part(id).contains(document.activeElement));
  for (const id of ids) part(id).hidden = id !== shown;
  if (!had) return;
  section.tabIndex = -1;
  section.focus();
}
