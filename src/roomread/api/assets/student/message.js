/** The numbers of a reading as they leave the device: message "r" of `roomread.room.1`. */

/** @typedef {import("./reader.js").Reading} Reading */

/**
 * @typedef {object} Message
 * @property {"r"} k
 * @property {number} age From taking the picture to the end of its reading, ms.
 * @property {number[]} [p] Probabilities in ten-thousandths; absent where there is nothing to read.
 * @property {string} [why] Why there are none: "no face", or why the face cannot be read.
 * @property {number[]} [q] Size in px; brightness, contrast, sharpness and frontality in hundredths.
 * @property {number} o How many other faces were seen; they are not read.
 */

const WHOLE = 10_000;

/**
 * Return the message of a reading. It holds no picture, no place and no landmark.
 *
 * @param {Reading} reading
 * @param {number} age ms.
 * @returns {Message}
 */
export function toMessage(reading, age) {
  const head = { k: /** @type {"r"} */ ("r"), age: Math.max(0, Math.round(age)) };
  const { quality, probabilities, others } = reading;
  if (!quality) {
    return { ...head, why: "no face", o: 0 };
  }
  const { size, brightness, contrast, sharpness, frontality } = quality;
  const hundredths = [brightness, contrast, sharpness, frontality].map((value) => 100 * value);
  const q = [size, ...hundredths].map((value) => Math.min(Math.round(value), WHOLE));
  return probabilities
    ? { ...head, p: probabilities.map((value) => Math.round(WHOLE * value)), q, o: others }
    : { ...head, why: quality.reason ?? "no face", q, o: others };
}
