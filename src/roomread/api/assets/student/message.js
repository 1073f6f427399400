/** The part of a reading that is sent to the service, message "r" of `roomread.room.1`. */

/** @typedef {import("./reader.js").Reading} Reading */

/**
 * @typedef {object} Message
 * @property {"r"} k
 * @property {number} age Time from taking the picture to the end of its reading, ms.
 * @property {number[]} [p] Probabilities in ten-thousandths; absent if no face can be read.
 * @property {string} [why] Why there are no probabilities: "no face", or the reason why the face
 *   cannot be read.
 */

const WHOLE = 10_000;

/**
 * Return the message of a reading, with only the values that the room's figures need.
 *
 * @param {Reading} reading
 * @param {number} age Time from taking the picture to the end of its reading, ms.
 * @returns {Message}
 */
export function toMessage({ quality, probabilities }, age) {
  const head = { k: /** @type {"r"} */ ("r"), age: Math.max(0, Math.round(age)) };
  return probabilities
    ? { ...head, p: probabilities.map((value) => Math.round(WHOLE * value)) }
    : { ...head, why: quality?.reason ?? "no face" };
}
