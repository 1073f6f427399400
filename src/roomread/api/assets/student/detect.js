/** Find the faces of a picture with CenterFace, in one pass over a small copy of it. */

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./orientation.js").Box} Box */
/** @typedef {import("./orientation.js").Point} Point */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * @typedef {object} Face
 * @property {Box} box From forehead to chin, px; may reach beyond the picture.
 * @property {Point[]} landmarks Left eye, right eye, nose, left and right corner of the mouth, px.
 * @property {number} confidence Probability of a face, 0..1.
 */

/**
 * @typedef {object} Maps The net's outputs, each [channels, rows, columns].
 * @property {Float32Array} heatmap One channel.
 * @property {Float32Array} scale Logarithms of height and width.
 * @property {Float32Array} offset y and x.
 * @property {Float32Array} landmarks Five times y and x.
 */

/**
 * @typedef {object} Rgb
 * @property {Uint8Array} data Red, green and blue of each px, row by row.
 * @property {number} width px.
 * @property {number} height px.
 */

/**
 * Return the input of the net: the picture at the detector's size, with black up to its multiple.
 *
 * @param {Picture} picture
 * @param {Parameters["detector"]} detector
 * @returns {{input: Rgb, zoom: Point, threshold: number}} `zoom` leads back to px of the picture.
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
 * Return the faces in the net's maps, one for each, largest first.
 *
 * @param {Maps} maps
 * @param {number} columns Cells of a row of the maps.
 * @param {Point} zoom From px of the net's input to those of the picture.
 * @param {number} threshold Lowest confidence, 0..1.
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
  // JavaScript's sort is stable, as the one in Python is.
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
 * @param {Maps} maps
 * @param {number} cell
 * @param {number} columns
 * @param {Point} zoom
 * @param {number} stride px of the input for each cell.
 * @returns {Face}
 */
function candidate(maps, cell, columns, zoom, stride) {
  const cells = maps.heatmap.length;
  const row = Math.floor(cell / columns);
  const column = cell % columns;
  // The net gives y first.
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
 * @param {number} width px of the scaled picture, at most those of `picture`.
 * @param {number} height Likewise.
 * @param {number} multiple px of which width and height of the result are a multiple.
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
 * Return what `scaledDown` does for half of the size, which is that of most cameras, in a fifth of
 * the time.
 *
 * @param {Picture} picture
 * @param {number} outWidth px of the result with its black edge.
 * @param {number} outHeight Likewise.
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
 * @param {number} size px of the input.
 * @param {number} count px of the output.
 * @returns {{start: number, weights: Float64Array}[]} Which px of the input lie in each px of the
 *   output, and with which share.
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
 * @param {Box} box
 * @returns {number} Square px.
 */
export function area(box) {
  return Math.max(box.right - box.left, 0) * Math.max(box.bottom - box.top, 0);
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {number} Intersection over union, 0..1.
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
 * @param {number} value
 * @returns {number} The nearest whole number, of two the even one, as Python rounds.
 */
function halfEven(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}
