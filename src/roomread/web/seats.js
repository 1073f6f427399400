// The seats of a lesson over time: a click on a row chooses its seat.

/**
 * @typedef {object} Data
 * @property {string} svg Source of the drawing.
 * @property {number[]} seats The seats, from the top row down.
 * @property {number | null} chosen The chosen seat; null if there is none.
 * @property {number} top Top of the first row, in units of the drawing.
 * @property {number} height Height of a row, in units of the drawing.
 * @property {number} width Width of the drawing, in its own units.
 */

/**
 * The drawing of each component: its source, and the frame around the chosen row.
 * @type {WeakMap<Element, {svg: string, frame: SVGRectElement}>}
 */
const drawings = new WeakMap();

/**
 * Draw the seats, and add a frame for the chosen row.
 * @param {Element} root
 * @param {string} svg
 * @returns {SVGRectElement}
 */
const draw = (root, svg) => {
  root.innerHTML = svg;
  const frame = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  Object.entries({ x: "1", fill: "none", stroke: "currentColor", "stroke-width": "2" }).forEach(
    ([name, value]) => frame.setAttribute(name, value)
  );
  root.querySelector("svg")?.append(frame);
  drawings.set(root, { svg, frame });
  return frame;
};

/** @param {{data: Data, parentElement: HTMLElement, setTriggerValue: (name: string, value: number) => void}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = part(parentElement, ".seats", HTMLElement);
  const drawn = drawings.get(root);
  const frame = drawn?.svg === data.svg ? drawn.frame : draw(root, data.svg);
  const row = data.chosen === null ? -1 : data.seats.indexOf(data.chosen);
  frame.setAttribute("visibility", row < 0 ? "hidden" : "visible");
  frame.setAttribute("y", String(data.top + row * data.height - 1));
  frame.setAttribute("height", String(data.height + 1));
  frame.setAttribute("width", String(data.width - 2));
  root.onclick = (event) => {
    const box = root.querySelector("svg")?.getBoundingClientRect();
    if (!box) return;
    const y = ((event.clientY - box.top) / box.width) * data.width;
    const seat = data.seats[Math.floor((y - data.top) / data.height)];
    if (seat !== undefined) setTriggerValue("chosen", seat);
  };
}
