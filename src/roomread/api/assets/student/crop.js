/** Crop a face as the net's training pictures were cropped. */

import { grey, resize, rotate } from "./pixels.js";
import { orientation, turned } from "./orientation.js";

/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./orientation.js").Box} Box */
/** @typedef {import("./orientation.js").Orientation} Orientation */
/** @typedef {import("./detect.js").Face} Face */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * Return the grey square crop of a face, which is turned upright if it is tilted.
 *
 * @param {Picture} picture
 * @param {Face} face
 * @param {Parameters} parameters
 * @returns {Grey} A crop of the size of the net's input.
 */
export function cut(picture, face, parameters) {
  const { crop, framing } = parameters;
  if (isTurned(face, parameters)) {
    return cutTurned(picture, orientation(face.landmarks, parameters.upright), parameters);
  }
  const { left, top, right, bottom } = face.box;
  const height = bottom - top;
  const x = (left + right) / 2;
  const y = (top + bottom) / 2 + framing.shift * height;
  const half = Math.max(framing.side * height, 1) / 2;
  const part = { left: x - half, top: y - half, right: x + half, bottom: y + half };
  return cutSquare(picture, part, parameters.side, crop.densest);
}

/**
 * Return whether the crop of a face is turned upright.
 *
 * @param {Face} face
 * @param {Parameters} parameters
 * @returns {boolean}
 */
export function isTurned(face, { crop, upright }) {
  const seen = orientation(face.landmarks, upright);
  return Math.abs(seen.roll) >= crop.turn_from && seen.misfit <= crop.credible_misfit;
}

/**
 * Return the crop of a tilted face, turned upright and framed by its landmarks.
 *
 * @param {Picture} picture
 * @param {Orientation} seen
 * @param {Parameters} parameters
 * @returns {Grey}
 */
function cutTurned(picture, seen, { crop, framing, side }) {
  const down = turned([0, framing.shift * seen.height], seen.roll);
  const half = (crop.wider * Math.max(framing.side * seen.height, 1)) / 2;
  const [x, y] = [seen.center[0] + down[0], seen.center[1] + down[1]];
  const part = { left: x - half, top: y - half, right: x + half, bottom: y + half };
  const around = cutSquare(picture, part, Math.trunc(crop.finer * crop.wider * side), crop.densest);
  const upright = rotate(around, seen.roll);
  const margin = (upright.width - crop.finer * side) / 2;
  return resize(upright, side, [margin, margin, upright.width - margin, upright.width - margin]);
}

/**
 * Return a square part of a picture, grey and resized.
 * @param {Picture} picture
 * @param {Box} part The square, px; it may reach beyond the picture.
 * @param {number} side Width and height of the result, px.
 * @param {number} densest Maximum number of px of the picture, per axis, that are resampled into one
 *   px of the result.
 * @returns {Grey}
 */
function cutSquare(picture, part, side, densest) {
  const scale = (part.right - part.left) / side;
  const step = Math.max(1, Math.floor(scale / densest));
  // The resampling filter reads two px of the crop beyond its edges.
  const margin = Math.ceil(2 * Math.max(scale, 1)) + step;
  const left = Math.floor(part.left) - margin;
  const top = Math.floor(part.top) - margin;
  const columns = { start: left, stop: Math.ceil(part.right) + margin, step };
  const rows = { start: top, stop: Math.ceil(part.bottom) + margin, step };
  return resize(grey(picture, rows, columns), side, [
    (part.left - left) / step,
    (part.top - top) / step,
    (part.right - left) / step,
    (part.bottom - top) / step,
  ]);
}
