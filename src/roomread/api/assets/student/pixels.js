/**
 * Pillow's luma, bicubic resizing and bicubic rotation, with the same grey levels.
 *
 * The net was trained on crops made with Pillow, so its arithmetic is repeated with the same
 * precision: coefficients have 22 bits, boxes have 32-bit floats, and values are rounded between the
 * horizontal and the vertical pass.
 */

/**
 * @typedef {object} Grey
 * @property {Uint8Array} data One byte per px, row by row.
 * @property {number} width px.
 * @property {number} height px.
 */

/**
 * @typedef {object} Picture
 * @property {Uint8Array | Uint8ClampedArray} data Red, green, blue and alpha of each px, row by row.
 * @property {number} width px.
 * @property {number} height px.
 */

/**
 * @typedef {object} Range
 * @property {number} start The first position.
 * @property {number} stop The end of the range, exclusive.
 * @property {number} step The distance between positions, 1 or more.
 */

const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);
// Number of px of the output that the bicubic filter covers on either side.
const SUPPORT = 2;

/**
 * Return the luma (ITU-R BT.601) at rows and columns; positions outside are moved to the edge.
 *
 * @param {Picture} picture
 * @param {Range} rows
 * @param {Range} columns
 * @returns {Grey}
 */
export function grey(picture, rows, columns) {
  const width = count(columns);
  const height = count(rows);
  const data = new Uint8Array(width * height);
  const offsets = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    offsets[x] = 4 * clamped(columns.start + x * columns.step, picture.width);
  }
  for (let y = 0, at = 0; y < height; y++) {
    const row = 4 * picture.width * clamped(rows.start + y * rows.step, picture.height);
    for (let x = 0; x < width; x++, at++) {
      const i = row + offsets[x];
      const sum = picture.data[i] * 19595 + picture.data[i + 1] * 38470 + picture.data[i + 2] * 7471;
      data[at] = (sum + 0x8000) >> 16;
    }
  }
  return { data, width, height };
}

/**
 * Return a part of a grey picture at another size, resampled with Pillow's bicubic filter.
 *
 * @param {Grey} image
 * @param {number} side Width and height of the result, px.
 * @param {readonly number[]} box Left, top, right and bottom edge of the part, px.
 * @returns {Grey}
 */
export function resize(image, side, box) {
  const [left, top, right, bottom] = box.map(Math.fround);
  const across = coefficients(image.width, left, right, side);
  const down = coefficients(image.height, top, bottom, side);
  const first = down[0].start;
  const rows = down[side - 1].start + down[side - 1].weights.length - first;
  const between = new Uint8Array(side * rows);
  for (let y = 0; y < rows; y++) {
    const row = (y + first) * image.width;
    for (let x = 0; x < side; x++) {
      const { start, weights } = across[x];
      let sum = HALF;
      for (let k = 0; k < weights.length; k++) {
        sum += image.data[row + start + k] * weights[k];
      }
      between[y * side + x] = level(sum);
    }
  }
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const { start, weights } = down[y];
    for (let x = 0; x < side; x++) {
      let sum = HALF;
      for (let k = 0; k < weights.length; k++) {
        sum += between[(start - first + k) * side + x] * weights[k];
      }
      data[y * side + x] = level(sum);
    }
  }
  return { data, width: side, height: side };
}

/**
 * Return a square grey picture rotated around its centre, with black in the empty corners.
 *
 * @param {Grey} image A picture that is as wide as high.
 * @param {number} degrees Counter-clockwise.
 * @returns {Grey}
 */
export function rotate(image, degrees) {
  const side = image.width;
  const angle = (-degrees * Math.PI) / 180;
  const cos = rounded(Math.cos(angle));
  const sin = rounded(Math.sin(angle));
  const centre = side / 2;
  const shiftX = -cos * centre - sin * centre + centre;
  const shiftY = sin * centre - cos * centre + centre;
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const fromX = cos * (x + 0.5) + sin * (y + 0.5) + shiftX;
      const fromY = -sin * (x + 0.5) + cos * (y + 0.5) + shiftY;
      if (fromX >= 0 && fromX < side && fromY >= 0 && fromY < side) {
        data[y * side + x] = bicubicAt(image, fromX - 0.5, fromY - 0.5);
      }
    }
  }
  return { data, width: side, height: side };
}

/**
 * Return the mirror image of a grey picture: left and right are exchanged.
 *
 * @param {Grey} image
 * @returns {Grey}
 */
export function mirrored({ data, width, height }) {
  const flipped = new Uint8Array(width * height);
  for (let start = 0; start < flipped.length; start += width) {
    flipped.set(data.slice(start, start + width).reverse(), start);
  }
  return { data: flipped, width, height };
}

/**
 * Return the number of positions in a range.
 * @param {Range} range
 * @returns {number}
 */
function count(range) {
  return Math.max(0, Math.ceil((range.stop - range.start) / range.step));
}

/**
 * Return the nearest position from 0 to `size` - 1.
 * @param {number} place
 * @param {number} size
 * @returns {number}
 */
function clamped(place, size) {
  return place < 0 ? 0 : place >= size ? size - 1 : place;
}

/**
 * Return the grey level of a weighted sum.
 * @param {number} sum A fixed-point number with 22 fractional bits.
 * @returns {number} 0..255.
 */
function level(sum) {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/**
 * Return the px of the input that contribute to each px of the output, with their weights.
 *
 * @param {number} size Number of px of the input.
 * @param {number} from Start of the part, px.
 * @param {number} to End of the part, px.
 * @param {number} side Number of px of the output.
 * @returns {{start: number, weights: Int32Array}[]}
 */
function coefficients(size, from, to, side) {
  const scale = Math.fround(to - from) / side;
  const filterScale = Math.max(scale, 1);
  const support = SUPPORT * filterScale;
  return Array.from({ length: side }, (_, i) => {
    const centre = from + (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), size);
    const exact = new Float64Array(end - start);
    let sum = 0;
    for (let k = 0; k < exact.length; k++) {
      exact[k] = bicubic((k + start - centre + 0.5) / filterScale);
      sum += exact[k];
    }
    const one = 2 ** PRECISION_BITS;
    const weights = Int32Array.from(exact, (w) => {
      const share = (sum === 0 ? w : w / sum) * one;
      return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
    return { start, weights };
  });
}

/**
 * Return the weight of Keys' cubic convolution with a = -0.5.
 * @param {number} distance Distance in px of the output.
 * @returns {number}
 */
function bicubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) {
    return (1.5 * x - 2.5) * x * x + 1;
  }
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

/**
 * Return the interpolated grey level at a position, rounded down.
 * @param {Grey} image
 * @param {number} x Distance from the centre of the first px to the right, px.
 * @param {number} y Distance from the centre of the first px downwards, px.
 * @returns {number}
 */
function bicubicAt(image, x, y) {
  const { data, width, height } = image;
  const left = Math.floor(x) - 1;
  const top = Math.floor(y) - 1;
  const dx = x - left - 1;
  const dy = y - top - 1;
  const [x0, x1, x2, x3] = [0, 1, 2, 3].map((k) => clamped(left + k, width));
  /** @type {number[]} */
  const values = [];
  for (let k = 0; k < 4; k++) {
    const row = k === 0 ? clamped(top, height) : top + k;
    if (row >= 0 && row < height) {
      const at = row * width;
      values.push(curve(data[at + x0], data[at + x1], data[at + x2], data[at + x3], dx));
    } else {
      values.push(values[k - 1]);
    }
  }
  const value = curve(values[0], values[1], values[2], values[3], dy);
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/**
 * Return the value of the cubic through four values.
 * @param {number} v1
 * @param {number} v2
 * @param {number} v3
 * @param {number} v4
 * @param {number} d Position from `v2` (0) to `v3` (1).
 * @returns {number}
 */
function curve(v1, v2, v3, v4, d) {
  const p2 = -v1 + v3;
  const p3 = 2 * (v1 - v2) + v3 - v4;
  const p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

/**
 * Return a value rounded to 15 decimals, as Python rounds it.
 * @param {number} value
 * @returns {number}
 */
function rounded(value) {
  return Number(value.toFixed(15));
}
