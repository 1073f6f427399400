/**
 * Show the readings: boxes over the preview, and the mood of the room as text and shares.
 * @module
 */
import { DIRECTIONS, EXPRESSIONS } from "../expressions.js";
import { percent, t, tn } from "../texts.js";
import { lay } from "./region.js";

const SVG = "http://www.w3.org/2000/svg";
/** Size below which most faces are missed or unreadable, px. */
const SMALL = 24;
/** @type {Map<string, [HTMLElement, HTMLElement]>} The bar and the percentage of each expression. */
const rows = new Map();

/**
 * Draw a box around each face. Expressions are not shown there, because calls show names beside faces.
 * @param {SVGSVGElement} svg
 * @param {import("../answers.js").Frame} frame
 * @param {import("./orders.js").Part} part The part of the preview that was sent.
 */
export function drawBoxes(svg, frame, part) {
  lay(svg, part);
  svg.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  svg.replaceChildren(
    ...frame.faces.map(({ box, unreadable }) => {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("x", String(box.left));
      rect.setAttribute("y", String(box.top));
      rect.setAttribute("width", String(box.right - box.left));
      rect.setAttribute("height", String(box.bottom - box.top));
      rect.setAttribute("class", unreadable ? "unread" : "read");
      return rect;
    }),
  );
}

/**
 * Return whether half of the faces are too small to be read.
 * @param {Pick<import("../answers.js").Frame, "faces">} frame
 * @returns {boolean}
 */
export function hasSmallFaces({ faces }) {
  const sizes = faces.map(({ box }) => Math.min(box.right - box.left, box.bottom - box.top));
  sizes.sort((a, b) => a - b);
  return sizes.length > 0 && sizes[Math.floor(sizes.length / 2)] < SMALL;
}

/**
 * Return the mood of the room in a sentence or two.
 * @param {import("../answers.js").Mood | null} mood Null until there is one.
 * @returns {string}
 */
export function moodText(mood) {
  if (!mood) return t("The first mood comes after three pictures.");
  if (!mood.present) return t("No face is found.");
  const { readable, present } = mood;
  const count = tn("{readable} of {n} face is read.", "{readable} of {n} faces are read.", present, {
    readable,
  });
  const more = !mood.scores
    ? t("The mood is shown as soon as five faces are read.")
    : (DIRECTIONS[mood.direction ?? ""] ?? t("After three minutes it is compared with its usual level."));
  return `${count} ${more}`;
}

/**
 * Show the shares of the seven expressions and of the taught states.
 * @param {HTMLTableSectionElement} body
 * @param {Record<string, number> | null | undefined} scores
 * @param {Record<string, number>} [states] The share of each taught state, by name.
 */
export function showShares(body, scores, states = {}) {
  /** @type {Map<string, number | undefined>} The prefix of states avoids clashes with expressions. */
  const values = new Map(Object.keys(EXPRESSIONS).map((name) => [name, scores?.[name]]));
  for (const [name, share] of Object.entries(states)) values.set(`state ${name}`, share);
  if ([...rows.keys()].join("\n") !== [...values.keys()].join("\n")) {
    rows.clear();
    const expressions = Object.entries(EXPRESSIONS).map(([name, label]) => row(name, label));
    const taught = Object.keys(states).map((name) => row(`state ${name}`, name));
    body.replaceChildren(...expressions, ...taught);
  }
  for (const [name, [bar, share]] of rows) {
    const value = values.get(name);
    bar.style.width = `${100 * (value ?? 0)}%`;
    share.textContent = value === undefined ? "–" : percent(value);
  }
}

/**
 * Create a row of the table of shares.
 * @param {string} name
 * @param {string} label
 */
function row(name, label) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  const [middle, share] = [line.insertCell(), line.insertCell()];
  const bar = document.createElement("span");
  head.scope = "row";
  head.textContent = label;
  bar.className = "bar";
  middle.append(bar);
  line.prepend(head);
  rows.set(name, [bar, share]);
  return line;
}
