/** The chart of the teacher's board, with valence, coverage and presses of "lost" over time. */

import { t } from "../texts.js";

/** @typedef {import("../answers.js").Point} Point */
/** @typedef {import("../answers.js").Mark} Mark */
/** @typedef {import("../answers.js").Change} Change */

const NARROWEST = 300;
const SPAN = 600;
const LEFT = 46;
const RIGHT = 18;
/** Top and bottom of the three plots, px. */
const VALENCE = /** @type {const} */ ([8, 168]);
const COVERAGE = /** @type {const} */ ([188, 228]);
const LOST = /** @type {const} */ ([248, 298]);
const HEIGHT = 318;
/** Maximum time between two points that a line connects, s. */
const GAP = 4;

/**
 * Create an SVG element.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function element(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * Return the runs of successive points that have a value and no gap between them.
 * @param {Point[]} points
 * @param {(point: Point) => boolean} has
 */
export function stretches(points, has) {
  /** @type {Point[][]} */
  const found = [];
  /** @type {Point | null} */
  let last = null;
  for (const point of points) {
    if (has(point)) {
      if (last === null || point.t - last.t > GAP) found.push([]);
      found[found.length - 1].push(point);
      last = point;
    } else last = null;
  }
  return found;
}

/**
 * Return the number of presses of "I am lost" in each minute with points.
 * @param {Point[]} points
 * @returns {Map<number, number>} Presses by minute of the session, from 0.
 */
export function pressesPerMinute(points) {
  /** @type {Map<number, number>} */
  const minutes = new Map();
  for (const point of points) {
    const minute = Math.floor(point.t / 60);
    minutes.set(minute, (minutes.get(minute) ?? 0) + (point.lost ?? 0));
  }
  return minutes;
}

/**
 * Return the functions that convert times and values to positions in the chart, px.
 * @param {number} width Width of the chart, px.
 * @param {number} now Seconds from the start of the session.
 */
export function scales(width, now) {
  const start = Math.max(now - SPAN, 0);
  /** @type {(range: readonly [number, number], share: number) => number} */
  const within = ([top, bottom], share) => bottom - share * (bottom - top);
  return {
    start,
    x: (/** @type {number} */ time) => LEFT + ((time - start) / SPAN) * (width - LEFT - RIGHT),
    valence: (/** @type {number} */ value) => within(VALENCE, (value + 1) / 2),
    coverage: (/** @type {Point} */ point) => within(COVERAGE, point.present > 0 ? point.readable / point.present : 0),
    lost: (/** @type {number} */ share) => within(LOST, share),
  };
}

/**
 * Redraw the chart.
 * @param {SVGSVGElement} svg
 * @param {Point[]} points
 * @param {Mark[]} marks
 * @param {Change[]} changes
 * @param {number} now Seconds from the start of the session.
 */
export function draw(svg, points, marks, changes, now) {
  // One unit of the SVG is one pixel, so that the texts have the same size on every screen.
  const width = Math.max(svg.clientWidth, NARROWEST);
  const { start, x, valence, coverage, lost } = scales(width, now);
  const parts = [
    element("rect", { class: "nothing", x: LEFT, y: VALENCE[0], width: Math.max(x(now) - LEFT, 0), height: VALENCE[1] - VALENCE[0] }),
  ];
  for (const stretch of stretches(points, (point) => point.v !== null)) {
    const [first, last] = [x(stretch[0].t), Math.max(x(stretch[stretch.length - 1].t), x(stretch[0].t) + 1)];
    parts.push(element("rect", { class: "known", x: first, y: VALENCE[0], width: last - first, height: VALENCE[1] - VALENCE[0] }));
    const upper = stretch.map((p) => `${x(p.t)},${valence(p.i?.[1] ?? 0)}`);
    const lower = stretch.map((p) => `${x(p.t)},${valence(p.i?.[0] ?? 0)}`).reverse();
    parts.push(element("polygon", { class: "band", points: [...upper, ...lower].join(" ") }));
    parts.push(element("polyline", { class: "valence", points: stretch.map((p) => `${x(p.t)},${valence(p.v ?? 0)}`).join(" ") }));
  }
  for (const stretch of stretches(points, (point) => point.b !== null)) {
    parts.push(element("polyline", { class: "baseline", points: stretch.map((p) => `${x(p.t)},${valence(p.b ?? 0)}`).join(" ") }));
  }
  for (const stretch of stretches(points, () => true)) {
    const top = stretch.map((p) => `${x(p.t)},${coverage(p)}`);
    const ends = [`${x(stretch[stretch.length - 1].t)},${COVERAGE[1]}`, `${x(stretch[0].t)},${COVERAGE[1]}`];
    parts.push(element("polygon", { class: "coverage", points: [...top, ...ends].join(" ") }));
  }
  const minutes = pressesPerMinute(points);
  const most = Math.max(5, ...minutes.values());
  for (const [minute, presses] of minutes) {
    const from = Math.max(x(60 * minute), LEFT);
    const top = lost(presses / most);
    parts.push(element("rect", { class: "lost", x: from + 1, y: top, width: Math.max(x(60 * minute + 60) - from - 2, 1), height: LOST[1] - top }));
  }
  for (const mark of marks.filter((each) => each.time >= start)) {
    parts.push(element("line", { class: "mark", x1: x(mark.time), x2: x(mark.time), y1: VALENCE[0], y2: LOST[1] }));
    const isLate = x(mark.time) > 0.8 * width;
    parts.push(element("text", { x: x(mark.time) + (isLate ? -3 : 3), y: VALENCE[0] + 11, "text-anchor": isLate ? "end" : "start" }, mark.label.slice(0, 24)));
  }
  for (const change of changes.filter((each) => each.time >= start)) {
    const tip = change.after < change.before ? 9 : -9;
    parts.push(element("path", { class: "change", d: `M${x(change.time) - 6},${valence(change.after) - tip} h12 l-6,${tip} z` }));
  }
  const labels = /** @type {[string, number][]} */ ([["+1", VALENCE[0] + 9], ["0", valence(0) + 4], ["−1", VALENCE[1]], ["100 %", COVERAGE[0] + 9], [String(most), LOST[0] + 9]]);
  for (const [text, at] of labels) parts.push(element("text", { x: LEFT - 4, y: at, "text-anchor": "end" }, text));
  parts.push(element("text", { x: LEFT + 3, y: COVERAGE[0] - 4 }, t("Share of the people seen who are read")));
  parts.push(element("text", { x: LEFT + 3, y: LOST[0] - 4 }, t("“I am lost” per minute")));
  for (let minute = Math.ceil(start / 60); minute * 60 <= start + SPAN; minute += 2) {
    parts.push(element("text", { x: x(minute * 60), y: HEIGHT - 4, "text-anchor": "middle" }, `${minute}:00`));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren(...parts);
}
