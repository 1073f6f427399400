// A table that scrolls within its container if it is too wide or too long, and shows that it does.

/**
 * @typedef {object} Data
 * @property {string} name What the table shows.
 * @property {string[]} columns
 * @property {string[][]} rows
 * @property {string} hint Text shown while the table is wider than its container.
 */

/**
 * The observer of the sizes of the table and its container, by component.
 * @type {WeakMap<Element, ResizeObserver>}
 */
const observers = new WeakMap();

/**
 * @param {string[]} texts
 * @param {"th" | "td"} tag
 */
const row = (texts, tag) => {
  const line = document.createElement("tr");
  for (const text of texts) {
    const cell = document.createElement(tag);
    if (tag === "th") cell.setAttribute("scope", "col");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
};

/** @param {{data: Data, parentElement: HTMLElement}} component */
export default function ({ data, parentElement }) {
  const root = part(parentElement, ".table", HTMLElement);
  const place = part(root, ".place", HTMLElement);
  const hint = part(root, ".hint", HTMLElement);
  const table = part(place, "table", HTMLTableElement);
  place.setAttribute("aria-label", data.name);
  hint.textContent = data.hint;
  part(table, "thead", HTMLTableSectionElement).replaceChildren(row(data.columns, "th"));
  const lines = data.rows.map((texts) => row(texts, "td"));
  part(table, "tbody", HTMLTableSectionElement).replaceChildren(...lines);

  const show = () => {
    const hidden = place.scrollWidth - place.clientWidth;
    const isLonger = place.scrollHeight > place.clientHeight;
    root.classList.toggle("more-left", place.scrollLeft > 1);
    root.classList.toggle("more-right", hidden - place.scrollLeft > 1);
    hint.hidden = hidden <= 1;
    // The Tab key reaches the container only if it scrolls, and leaves it again.
    if (hidden > 1 || isLonger) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  };
  place.onscroll = show;
  observers.get(root)?.disconnect();
  const observer = new ResizeObserver(show);
  observer.observe(place);
  observer.observe(table);
  observers.set(root, observer);
  show();
}
