/** What of a reading leaves the device: message "r" of `roomread.room.1`. */

/** @typedef {import("./reader.js").Reading} Reading */

/**
 * @typedef {object} Message
 * @property {"r"} k
 * @property {number} age From taking the picture to the end of its reading, ms.
 * @property {number[]} [p] Probabilities in ten-thousandths; absent where there is nothing to read.
 * @property {string} [why] Why there are none: "no face", or why the face cannot be read.
 */

const WHOLE = 10_000;

/**
 * Return the message of a reading: only what a figure of the room is computed from.
 *
 * @param {Reading} reading
 * @param {number} age ms.
 * @returns {Message}
 */
export function toMessage({ quality, probabilities }, age) {
  const head = { k: /** @type {"r"} */ ("r"), age: Math.max(0, Math.round(age)) };
  return probabilities
    ? { ...head, p: probabilities.map((value) => Math.round(WHOLE * value)) }
    : { ...head, why: quality?.reason ?? "no face" };
}
