/** Measure how well a face can be seen, and whether it can be read. */

import { boundingBox, orientation } from "./orientation.js";

/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {import("./orientation.js").Box} Box */
/** @typedef {import("./orientation.js").Orientation} Orientation */
/** @typedef {import("./orientation.js").Point} Point */
/** @typedef {import("./detect.js").Face} Face */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * @typedef {object} Quality
 * @property {number} size Longer side of the box, px.
 * @property {number} visible Fraction of the face inside the picture, 0..1.
 * @property {number} brightness Mean of the crop, 0..1.
 * @property {number} contrast Standard deviation of the crop, 0..0.5.
 * @property {number} sharpness Fine detail of the crop over its contrast, 0 upwards.
 * @property {number} frontality Direction of the face, 0 (in profile) .. 1 (facing the camera).
 * @property {string | null} reason Why the face cannot be read; null if it can.
 */

/**
 * Return the quality of a face in a picture.
 *
 * @param {{width: number, height: number}} picture
 * @param {Face} face
 * @param {Grey} crop The crop of the face from `cut`.
 * @param {Parameters} parameters
 * @returns {Quality} `reason` is the first applicable reason in the order of `parameters.reasons`.
 */
export function assessQuality(picture, face, crop, parameters) {
  const { limits, aspect } = parameters;
  const seen = orientation(face.landmarks, parameters.upright);
  const whole = boundingBox(seen, aspect);
  const values = statistics(crop);
  const quality = {
    size: Math.max(face.box.right - face.box.left, face.box.bottom - face.box.top),
    visible: Math.min(visible(face.box, picture), visible(whole, picture)),
    brightness: values.mean / 255,
    contrast: values.deviation / 255,
    sharpness: values.deviation > 0 ? values.detail / values.deviation : 0,
    frontality: frontality(face.landmarks),
  };
  /** @type {Record<string, boolean>} */
  const applies = {
    TOO_SMALL: quality.size < limits.size,
    CUT_OFF: cutScore(picture, face, seen, whole, parameters) > limits.cut || quality.visible < limits.visible,
    TOO_DARK: quality.brightness < limits.dark,
    TOO_BRIGHT: quality.brightness > limits.bright,
    FLAT: quality.contrast < limits.contrast,
    BLURRED: quality.sharpness < limits.sharpness,
    TURNED_AWAY: quality.frontality < limits.frontality,
    TILTED: seen.misfit > limits.misfit,
  };
  const first = parameters.reasons.find(([name]) => applies[name]);
  return { ...quality, reason: first ? first[1] : null };
}

/**
 * Return the log odds that an edge of the picture cuts the face.
 * @param {{width: number, height: number}} picture
 * @param {Face} face
 * @param {Orientation} seen
 * @param {Box} whole The box of the whole face, estimated from its landmarks.
 * @param {Parameters} parameters
 * @returns {number}
 */
function cutScore(picture, face, seen, whole, { edges, aspect }) {
  const [width, height] = [whole.right - whole.left, whole.bottom - whole.top];
  const { box } = face;
  const size = Math.max(seen.height, 1);
  const x = face.landmarks.map((point) => point[0]);
  const y = face.landmarks.map((point) => point[1]);
  const beyond = [
    -whole.left / width,
    -whole.top / height,
    (whole.right - picture.width) / width,
    (whole.bottom - picture.height) / height,
  ];
  const landmark = [
    Math.min(...x),
    Math.min(...y),
    picture.width - Math.max(...x),
    picture.height - Math.max(...y),
  ];
  const margin = [box.left, box.top, picture.width - box.right, picture.height - box.bottom];
  const turns = Math.round(seen.roll / 90);
  const shape = (box.right - box.left) / Math.max(box.bottom - box.top, 1) / (width / height);
  const proportion = aspect * (turns % 2 === 0 ? shape : 1 / Math.max(shape, 0.1));
  // A face that lies on its side has its top at the left or right edge.
  return Math.max(
    ...beyond.map((reach, edge) => {
      const weights = edges[(edge - turns + 4) % 4];
      return (
        weights.beyond * reach +
        (weights.landmark * landmark[edge]) / size +
        (weights.margin * margin[edge]) / size +
        weights.misfit * seen.misfit +
        weights.aspect * proportion +
        weights.bias
      );
    }),
  );
}

/**
 * Return the fraction of a box that lies inside the picture, 0..1.
 * @param {Box} box
 * @param {{width: number, height: number}} picture
 * @returns {number}
 */
function visible(box, picture) {
  const area = Math.max(box.right - box.left, 0) * Math.max(box.bottom - box.top, 0);
  const across = Math.min(box.right, picture.width) - Math.max(box.left, 0);
  const down = Math.min(box.bottom, picture.height) - Math.max(box.top, 0);
  return area > 0 ? (Math.max(across, 0) * Math.max(down, 0)) / area : 0;
}

/**
 * Return the mean and the standard deviation of a crop's grey levels, and the standard deviation of
 * its Laplacian.
 * @param {Grey} crop
 * @returns {{mean: number, deviation: number, detail: number}}
 */
function statistics({ data, width, height }) {
  let [sum, squares, details, detailSquares] = [0, 0, 0, 0];
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const detail = data[i - width] + data[i + width] + data[i - 1] + data[i + 1] - 4 * data[i];
      details += detail;
      detailSquares += detail * detail;
    }
  }
  const inner = (width - 2) * (height - 2);
  const mean = sum / data.length;
  return {
    mean,
    deviation: Math.sqrt(Math.max(squares / data.length - mean ** 2, 0)),
    detail: Math.sqrt(Math.max(detailSquares / inner - (details / inner) ** 2, 0)),
  };
}

/**
 * Return the frontality from the nose's position along the line of the eyes: 1 if it is halfway
 * between them, 0 if it lies half their distance beyond one of them.
 * @param {readonly Point[]} landmarks
 * @returns {number}
 */
function frontality([left, right, nose]) {
  const axis = [right[0] - left[0], right[1] - left[1]];
  const length = axis[0] ** 2 + axis[1] ** 2;
  if (length === 0) {
    return 0;
  }
  const place = ((nose[0] - left[0]) * axis[0] + (nose[1] - left[1]) * axis[1]) / length;
  return Math.max(0, 1 - Math.abs(place - 0.5));
}
