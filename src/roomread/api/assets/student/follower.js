/**
 * Read the largest face of a camera's pictures.
 *
 * A known face is searched for near its last position, which takes a quarter of the time of
 * searching the whole picture.
 */

import { area } from "./detect.js";

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./detect.js").Face} Face */
/** @typedef {import("./reader.js").FaceReader} FaceReader */
/** @typedef {import("./reader.js").Reading} Reading */

// Time from one search of a whole picture to the next, ms. A larger face that appears is read after
// at most this time plus the time of one reading.
const WHOLE = 1400;

/** A reader that follows the largest face from picture to picture. */
export class Follower {
  /** @param {Pick<FaceReader, "detect" | "detectNear" | "readFace">} reader */
  constructor(reader) {
    this.reader = reader;
    /** @type {Face | null} */
    this.face = null;
    this.others = 0;
    this.searched = -Infinity;
  }

  /**
   * Return the reading of the largest face of the next picture.
   *
   * @param {Picture} picture
   * @param {number} time Present time, ms.
   * @returns {Promise<Reading>}
   */
  async read(picture, time) {
    this.face = (await this.known(picture, time)) ?? (await this.search(picture, time));
    if (this.face === null) {
      return { face: null, quality: null, probabilities: null, others: 0 };
    }
    return { ...(await this.reader.readFace(picture, this.face)), others: this.others };
  }

  /**
   * Return the known face; null if the whole picture must be searched.
   * @param {Picture} picture
   * @param {number} time
   * @returns {Promise<Face | null>}
   */
  async known(picture, time) {
    if (this.face === null || time - this.searched >= WHOLE) {
      return null;
    }
    const { face, others } = await this.reader.detectNear(picture, this.face);
    const isLargest = face !== null && others.every(({ box }) => area(box) <= area(face.box));
    return isLargest ? face : null;
  }

  /**
   * Return the largest face of the whole picture; null if there is none.
   * @param {Picture} picture
   * @param {number} time
   * @returns {Promise<Face | null>}
   */
  async search(picture, time) {
    const [face, ...others] = await this.reader.detect(picture);
    this.searched = time;
    this.others = others.length;
    return face ?? null;
  }
}
