/**
 * The elements of a page that a script fills in.
 * @module
 */

/**
 * Return the element with an id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function part(id) {
  return partAs(id, HTMLElement);
}

/**
 * Return the element with an id, which must be of a type.
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
 * Show one of several sections of a page. If another section has the focus, move the focus to the
 * shown one, so that keyboards continue there and screen readers read it.
 * @param {string[]} ids The ids of the sections.
 * @param {string} shown The id of the section to show.
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
