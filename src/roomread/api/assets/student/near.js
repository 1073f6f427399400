/** Search for a known face in its surroundings, as Python does in live frames. */

import { scaledDown } from "./detect.js";

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./orientation.js").Box} Box */
/** @typedef {import("./orientation.js").Point} Point */
/** @typedef {import("./detect.js").Face} Face */
/** @typedef {import("./detect.js").Rgb} Rgb */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * @typedef {object} Surroundings
 * @property {Rgb} input The square around a face, scaled for the detector, black beyond the picture.
 * @property {number} zoom Number of px of the picture for each px of `input`.
 * @property {Point} origin Top left corner of the square in the picture, px.
 */

/**
 * Return the square around a face, scaled for the detector.
 *
 * @param {Picture} picture
 * @param {Face} face The face in an earlier picture of the same camera.
 * @param {Parameters["detector"]["near"]} near
 * @returns {Surroundings}
 */
export function prepareNear(picture, { box }, { side, around }) {
  // The square is never scaled up, because enlarging a small face adds no detail.
  const size = Math.max(around * (box.right - box.left), around * (box.bottom - box.top), side);
  /** @type {Point} */
  const origin = [(box.left + box.right - size) / 2, (box.top + box.bottom - size) / 2];
  const data = new Uint8Array(3 * side * side);
  const across = seen(origin[0], size, picture.width, side);
  const down = seen(origin[1], size, picture.height, side);
  if (across.count > 0 && down.count > 0) {
    const part = cropped(picture, across, down);
    const small = scaledDown(part, across.count, down.count, 1);
    for (let y = 0; y < down.count; y++) {
      const row = small.data.subarray(3 * y * small.width, 3 * (y + 1) * small.width);
      data.set(row, 3 * ((y + down.at) * side + across.at));
    }
  }
  return { input: { data, width: side, height: side }, zoom: size / side, origin };
}

/**
 * Return the most certain face in the middle of a square, which is the expected face. A face further
 * from the middle belongs to a neighbour, or is cut by the square's edge.
 *
 * @param {readonly Face[]} faces Faces in px of the square.
 * @param {Parameters["detector"]["near"]} near
 * @returns {Face | null}
 */
export function middleOne(faces, { side, drift }) {
  const inMiddle = faces.filter(({ box }) => {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    return Math.max(Math.abs(x - side / 2), Math.abs(y - side / 2)) <= drift * side;
  });
  return inMiddle.sort((a, b) => b.confidence - a.confidence)[0] ?? null;
}

/**
 * Convert a face from px of the square to px of the picture.
 *
 * @param {Face} face
 * @param {Surroundings} surroundings
 * @returns {Face}
 */
export function placed({ box, landmarks, confidence }, { zoom, origin: [left, top] }) {
  return {
    box: {
      left: zoom * box.left + left,
      top: zoom * box.top + top,
      right: zoom * box.right + left,
      bottom: zoom * box.bottom + top,
    },
    landmarks: landmarks.map(([x, y]) => [zoom * x + left, zoom * y + top]),
    confidence,
  };
}

/**
 * @typedef {object} Seen The range of a square that lies in the picture, along one axis.
 * @property {number} from Start in the picture, px.
 * @property {number} to End in the picture, px, exclusive.
 * @property {number} at Start in the scaled square, px.
 * @property {number} count Length in the scaled square, px.
 */

/**
 * Return the range of a square that lies in the picture, along one axis.
 * @param {number} origin Start of the square in the picture, px.
 * @param {number} size Size of the square in the picture, px.
 * @param {number} length Size of the picture, px.
 * @param {number} side Size of the scaled square, px.
 * @returns {Seen}
 */
function seen(origin, size, length, side) {
  const from = Math.max(0, Math.floor(origin));
  const to = Math.min(length, Math.ceil(origin + size));
  /** @param {number} px */
  const scaled = (px) => Math.min(Math.max(Math.round(((px - origin) * side) / size), 0), side);
  return from < to
    ? { from, to, at: scaled(from), count: scaled(to) - scaled(from) }
    : { from, to, at: 0, count: 0 };
}

/**
 * Return a part of a picture.
 * @param {Picture} picture
 * @param {Seen} across
 * @param {Seen} down
 * @returns {Picture}
 */
function cropped({ data, width }, across, down) {
  const part = new Uint8Array(4 * (across.to - across.from) * (down.to - down.from));
  for (let y = down.from, at = 0; y < down.to; y++) {
    const row = data.subarray(4 * (y * width + across.from), 4 * (y * width + across.to));
    part.set(row, at);
    at += row.length;
  }
  return { data: part, width: across.to - across.from, height: down.to - down.from };
}
