/** Find the faces of a picture with CenterFace, in one pass over a scaled-down copy. */

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./orientation.js").Box} Box */
/** @typedef {import("./orientation.js").Point} Point */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * @typedef {object} Face
 * @property {Box} box Box from forehead to chin, px; may reach beyond the picture.
 * @property {Point[]} landmarks Left eye, right eye, nose, left and right corner of the mouth, px.
 * @property {number} confidence Probability of a face, 0..1.
 */

/**
 * @typedef {object} Maps The net's outputs, each [channels, rows, columns].
 * @property {Float32Array} heatmap One channel: the confidence of a face.
 * @property {Float32Array} scale Two channels: the logarithms of a face's height and width.
 * @property {Float32Array} offset Two channels: y and x of a face's centre within its cell.
 * @property {Float32Array} landmarks Ten channels: y and x of each of the five landmarks.
 */

/**
 * @typedef {object} Rgb
 * @property {Uint8Array} data Red, green and blue of each px, row by row.
 * @property {number} width px.
 * @property {number} height px.
 */

/**
 * Return the input of the net, which is the picture scaled down and padded with black.
 *
 * @param {Picture} picture
 * @param {Parameters["detector"]} detector
 * @returns {{input: Rgb, zoom: Point, threshold: number}} `zoom` is the number of px of the picture
 *   for each px of `input`, across and down.
 */
export function prepare(picture, detector) {
  const scale = Math.min(1, detector.longer_side / Math.max(picture.width, picture.height));
  const width = Math.max(1, halfEven(picture.width * scale));
  const height = Math.max(1, halfEven(picture.height * scale));
  return {
    input: scaledDown(picture, width, height, detector.multiple),
    zoom: [picture.width / width, picture.height / height],
    threshold: scale < 1 ? detector.threshold_scaled : detector.threshold_full,
  };
}

/**
 * Return the faces in the net's maps without duplicates, largest first.
 *
 * @param {Maps} maps
 * @param {number} columns Number of cells in a row of the maps.
 * @param {Point} zoom Number of px of the picture for each px of the net's input.
 * @param {number} threshold Minimum confidence, 0..1.
 * @param {Parameters["detector"]} detector
 * @returns {Face[]}
 */
export function decode(maps, columns, zoom, threshold, detector) {
  const cells = maps.heatmap.length;
  /** @type {Face[]} */
  const candidates = [];
  for (let cell = 0; cell < cells; cell++) {
    if (maps.heatmap[cell] >= threshold) {
      candidates.push(candidate(maps, cell, columns, zoom, detector.stride));
    }
  }
  // JavaScript's sort is stable, as Python's is.
  candidates.sort((a, b) => b.confidence - a.confidence);
  /** @type {Face[]} */
  const kept = [];
  for (const face of candidates) {
    if (kept.every((other) => iou(other.box, face.box) <= detector.same_face)) {
      kept.push(face);
    }
  }
  return kept.sort((a, b) => area(b.box) - area(a.box));
}

/**
 * Return the face in one cell of the maps.
 * @param {Maps} maps
 * @param {number} cell
 * @param {number} columns
 * @param {Point} zoom
 * @param {number} stride Number of px of the input for each cell.
 * @returns {Face}
 */
function candidate(maps, cell, columns, zoom, stride) {
  const cells = maps.heatmap.length;
  const row = Math.floor(cell / columns);
  const column = cell % columns;
  // The net's channels are in the order y, x.
  const height = stride * Math.exp(maps.scale[cell]);
  const width = stride * Math.exp(maps.scale[cells + cell]);
  const left = stride * (column + 0.5 + maps.offset[cells + cell]) - width / 2;
  const top = stride * (row + 0.5 + maps.offset[cell]) - height / 2;
  /** @type {Point[]} */
  const landmarks = [0, 1, 2, 3, 4].map((point) => [
    zoom[0] * (left + width * maps.landmarks[(2 * point + 1) * cells + cell]),
    zoom[1] * (top + height * maps.landmarks[2 * point * cells + cell]),
  ]);
  const box = {
    left: zoom[0] * left,
    top: zoom[1] * top,
    right: zoom[0] * (left + width),
    bottom: zoom[1] * (top + height),
  };
  return { box, landmarks, confidence: maps.heatmap[cell] };
}

/**
 * Return a picture scaled down by averaging areas, with black to the right and below.
 *
 * @param {Picture} picture
 * @param {number} width Width of the scaled picture, px, at most the width of `picture`.
 * @param {number} height Height of the scaled picture, px, at most the height of `picture`.
 * @param {number} multiple Number of which width and height of the result are multiples, px.
 * @returns {Rgb}
 */
export function scaledDown(picture, width, height, multiple) {
  const outWidth = Math.ceil(width / multiple) * multiple;
  const outHeight = Math.ceil(height / multiple) * multiple;
  if (2 * width === picture.width && 2 * height === picture.height) {
    return halved(picture, outWidth, outHeight);
  }
  const data = new Uint8Array(3 * outWidth * outHeight);
  const across = spans(picture.width, width);
  const down = spans(picture.height, height);
  const row = new Float32Array(3 * picture.width);
  for (let y = 0; y < height; y++) {
    averageRows(picture, down[y], row);
    for (let x = 0, at = 3 * y * outWidth; x < width; x++, at += 3) {
      const { start, weights } = across[x];
      let [red, green, blue] = [0.5, 0.5, 0.5];
      for (let k = 0, i = 3 * start; k < weights.length; k++, i += 3) {
        red += weights[k] * row[i];
        green += weights[k] * row[i + 1];
        blue += weights[k] * row[i + 2];
      }
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
    }
  }
  return { data, width: outWidth, height: outHeight };
}

/**
 * Return the result of `scaledDown` for half of the size, in a fifth of the time. Most cameras need
 * this size.
 *
 * @param {Picture} picture
 * @param {number} outWidth Width of the result with its black padding, px.
 * @param {number} outHeight Height of the result with its black padding, px.
 * @returns {Rgb}
 */
function halved(picture, outWidth, outHeight) {
  const data = new Uint8Array(3 * outWidth * outHeight);
  const from = picture.data;
  const row = 4 * picture.width;
  for (let y = 0; 2 * y < picture.height; y++) {
    let i = 2 * y * row;
    const end = i + row;
    for (let at = 3 * y * outWidth; i < end; i += 8, at += 3) {
      const below = i + row;
      data[at] = (from[i] + from[i + 4] + from[below] + from[below + 4] + 2) >> 2;
      data[at + 1] = (from[i + 1] + from[i + 5] + from[below + 1] + from[below + 5] + 2) >> 2;
      data[at + 2] = (from[i + 2] + from[i + 6] + from[below + 2] + from[below + 6] + 2) >> 2;
    }
  }
  return { data, width: outWidth, height: outHeight };
}

/**
 * Write the weighted mean of some rows of a picture into `row`.
 *
 * @param {Picture} picture
 * @param {{start: number, weights: Float64Array}} span
 * @param {Float32Array} row Red, green and blue of each px.
 */
function averageRows(picture, { start, weights }, row) {
  row.fill(0);
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k];
    let from = 4 * picture.width * (start + k);
    for (let i = 0; i < row.length; i += 3, from += 4) {
      row[i] += weight * picture.data[from];
      row[i + 1] += weight * picture.data[from + 1];
      row[i + 2] += weight * picture.data[from + 2];
    }
  }
}

/**
 * Return the px of the input that lie in each px of the output, with their weights.
 * @param {number} size Number of px of the input.
 * @param {number} count Number of px of the output.
 * @returns {{start: number, weights: Float64Array}[]}
 */
function spans(size, count) {
  const scale = size / count;
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * scale, Math.min((i + 1) * scale, size)];
    const start = Math.floor(from);
    const end = Math.min(Math.ceil(to - 1e-9), size);
    const weights = Float64Array.from({ length: end - start }, (_unused, k) => {
      return (Math.min(start + k + 1, to) - Math.max(start + k, from)) / (to - from);
    });
    return { start, weights };
  });
}

/**
 * Return the area of a box.
 * @param {Box} box
 * @returns {number} Square px.
 */
export function area(box) {
  return Math.max(box.right - box.left, 0) * Math.max(box.bottom - box.top, 0);
}

/**
 * Return the intersection over union of two boxes, 0..1.
 * @param {Box} one
 * @param {Box} other
 * @returns {number}
 */
function iou(one, other) {
  const common = area({
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  });
  const union = area(one) + area(other) - common;
  return union > 0 ? common / union : 0;
}

/**
 * Return the nearest whole number, with halves rounded to even as in Python.
 * @param {number} value
 * @returns {number}
 */
function halfEven(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}
