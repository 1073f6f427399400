/** Find and read the faces of a picture on the student's device. */

import { cut, isTurned } from "./crop.js";
import { decode, prepare } from "./detect.js";
import { middleOne, placed, prepareNear } from "./near.js";
import { mirrored, resize } from "./pixels.js";
import { assessQuality } from "./quality.js";

/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./detect.js").Face} Face */
/** @typedef {import("./detect.js").Maps} Maps */
/** @typedef {import("./quality.js").Quality} Quality */
/** @typedef {import("./parameters.js").Parameters} Parameters */

/**
 * @typedef {object} Tensor
 * @property {Float32Array | Uint8Array} data
 * @property {readonly number[]} dims
 */

/**
 * @typedef {object} Session A net of ONNX Runtime.
 * @property {(inputs: Record<string, Tensor>) => Promise<Record<string, Tensor>>} run
 */

/**
 * @typedef {object} Runtime The part of the module of ONNX Runtime that is used here.
 * @property {new (type: "uint8", data: Uint8Array, dims: readonly number[]) => Tensor} Tensor
 * @property {{create: (net: Uint8Array, options: object) => Promise<Session>}} InferenceSession
 * @property {{wasm: {numThreads: number, wasmPaths?: {wasm: string}}}} env
 */

/**
 * @typedef {object} Nets
 * @property {Session} shallow The first layers of CenterFace.
 * @property {Session} deep Its other layers.
 * @property {Session} covers The net that detects covered faces.
 * @property {Session} expressions The expression net.
 */

/**
 * @typedef {object} FaceReading
 * @property {Face} face
 * @property {Quality} quality How well the face can be seen.
 * @property {number[] | null} probabilities Probabilities of the expressions in the order of the
 *   labels; null if the face cannot be read.
 */

/**
 * @typedef {object} Reading
 * @property {Face | null} face The largest face; null if there is none.
 * @property {Quality | null} quality How well the face can be seen; null if there is none.
 * @property {number[] | null} probabilities Probabilities of the expressions in the order of the
 *   labels; null if no face can be read.
 * @property {number} others Number of other faces, which are not read.
 */

/**
 * Open the nets.
 *
 * @param {Runtime} ort The module of ONNX Runtime, ready to load its WebAssembly.
 * @param {import("./parameters.js").Settings["nets"]} urls
 * @returns {Promise<Nets>}
 */
export async function openNets(ort, urls) {
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  // Fetch all nets at once. Open the smallest first, so that the runtime compiles its WebAssembly
  // while the others are still being fetched.
  const fetched = {
    covers: bytesOf(urls.covers),
    shallow: bytesOf(urls.shallow),
    expressions: bytesOf(urls.expressions),
    deep: bytesOf(urls.deep),
  };
  // Errors are thrown where the nets are awaited; do not report them as unhandled before.
  for (const each of Object.values(fetched)) {
    each.catch(() => undefined);
  }
  /** @param {Promise<Uint8Array>} net */
  const open = async (net) => ort.InferenceSession.create(await net, options);
  const covers = await open(fetched.covers);
  const shallow = await open(fetched.shallow);
  const expressions = await open(fetched.expressions);
  return { covers, shallow, expressions, deep: await open(fetched.deep) };
}

/**
 * Fetch the content of a URL.
 * @param {string} url
 * @returns {Promise<Uint8Array>}
 */
async function bytesOf(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url}: status ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** A reader of faces with opened nets. */
export class FaceReader {
  /**
   * @param {Runtime} ort The module of ONNX Runtime.
   * @param {Nets} nets
   * @param {Parameters} parameters
   */
  constructor(ort, nets, parameters) {
    this.ort = ort;
    this.nets = nets;
    this.parameters = parameters;
  }

  /**
   * Return the reading of one face of a picture.
   *
   * @param {Picture} picture
   * @param {Face} face
   * @returns {Promise<FaceReading>}
   */
  async readFace(picture, face) {
    const crop = cut(picture, face, this.parameters);
    const quality = assessQuality(picture, face, crop, this.parameters);
    const unread = { face, quality, probabilities: null };
    if (quality.reason !== null) {
      return unread;
    }
    const { covers, reasons } = this.parameters;
    const coverScore = await this.coverScore(crop);
    if (coverScore > covers.covered) {
      const covered = reasons.find(([name]) => name === "COVERED");
      if (!covered) {
        throw new Error("the parameters have no reason COVERED");
      }
      return { ...unread, quality: { ...quality, reason: covered[1] } };
    }
    const probabilities = await this.classify(crop, isTurned(face, this.parameters));
    return { ...unread, probabilities: doubted(probabilities, coverScore, covers.rise) };
  }

  /**
   * Return the log odds that a part of a face is covered.
   *
   * @param {Grey} crop
   * @returns {Promise<number>}
   */
  async coverScore(crop) {
    const { side } = this.parameters.covers;
    const sized = crop.width === side ? crop : resize(crop, side, [0, 0, crop.width, crop.height]);
    const faces = new this.ort.Tensor("uint8", sized.data, [1, 1, side, side]);
    const { scores } = await this.nets.covers.run({ faces });
    return numbers(scores)[0];
  }

  /**
   * Run each net once on a small black picture, because the first run of a net takes several times
   * as long as later ones.
   */
  async warmUp() {
    const { side } = this.parameters;
    await this.detect({ data: new Uint8Array(4 * 64 * 64), width: 64, height: 64 });
    const black = { data: new Uint8Array(side * side), width: side, height: side };
    await this.coverScore(black);
    await this.classify(black, false);
  }

  /**
   * Return the faces of a picture, largest first.
   *
   * @param {Picture} picture
   * @returns {Promise<Face[]>}
   */
  async detect(picture) {
    const { input, zoom, threshold } = prepare(picture, this.parameters.detector);
    return this.infer(input, zoom, threshold);
  }

  /**
   * Search for a known face in its surroundings.
   *
   * @param {Picture} picture
   * @param {Face} face The face in an earlier picture of the same camera.
   * @returns {Promise<{face: Face | null, others: Face[]}>} The face, or null if it is not found, and
   *   other faces in its surroundings, in px of `picture`.
   */
  async detectNear(picture, face) {
    const { near, threshold_scaled } = this.parameters.detector;
    const around = prepareNear(picture, face, near);
    const faces = await this.infer(around.input, [1, 1], threshold_scaled);
    const found = middleOne(faces, near);
    const others = faces.filter((other) => other !== found);
    return {
      face: found && placed(found, around),
      others: others.map((other) => placed(other, around)),
    };
  }

  /**
   * Return the faces that the detector finds in an input, largest first.
   *
   * @param {import("./detect.js").Rgb} input
   * @param {import("./orientation.js").Point} zoom Number of px of the result for each px of `input`.
   * @param {number} threshold Minimum confidence, 0..1.
   * @returns {Promise<Face[]>}
   */
  async infer(input, zoom, threshold) {
    const image = new this.ort.Tensor("uint8", input.data, [1, input.height, input.width, 3]);
    const outputs = await this.nets.deep.run(await this.nets.shallow.run({ image }));
    const maps = {
      heatmap: numbers(outputs.heatmap),
      scale: numbers(outputs.scale),
      offset: numbers(outputs.offset),
      landmarks: numbers(outputs.landmarks),
    };
    return decode(maps, outputs.heatmap.dims[3], zoom, threshold, this.parameters.detector);
  }

  /**
   * Return the probabilities of a crop's expressions.
   *
   * A crop that was turned upright is blurred and less well centred. It is read together with its
   * mirror image, and the net's logits are averaged.
   *
   * @param {Grey} crop
   * @param {boolean} turned Whether the crop was turned upright.
   * @returns {Promise<number[]>}
   */
  async classify(crop, turned) {
    const own = await this.logits(crop);
    const other = turned ? await this.logits(mirrored(crop)) : own;
    const mean = own.map((value, i) => (value + other[i]) / 2);
    return softmax(mean, this.parameters.temperature);
  }

  /**
   * Return the expression net's logits of a crop.
   *
   * @param {Grey} crop
   * @returns {Promise<number[]>}
   */
  async logits({ data, width, height }) {
    const faces = new this.ort.Tensor("uint8", data, [1, 1, height, width]);
    const { logits } = await this.nets.expressions.run({ faces });
    return Array.from(numbers(logits));
  }
}

/**
 * Return the data of a tensor of float32.
 * @param {Tensor} tensor
 * @returns {Float32Array}
 */
function numbers({ data }) {
  if (data instanceof Float32Array) {
    return data;
  }
  throw new TypeError("an output of a net is not float32");
}

/**
 * Return the softmax of logits that are divided by a temperature.
 *
 * @param {number[]} logits
 * @param {number} temperature Greater than 0.
 * @returns {number[]}
 */
export function softmax(logits, temperature) {
  const scaled = logits.map((value) => value / temperature);
  const highest = Math.max(...scaled);
  const powers = scaled.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/**
 * Return less confident probabilities for a face that may be covered, with a temperature that
 * increases with the cover score.
 *
 * @param {number[]} probabilities
 * @param {number} coverScore Log odds that a part of the face is covered.
 * @param {number} rise Increase of the temperature for each unit of the score above 0.
 * @returns {number[]}
 */
export function doubted(probabilities, coverScore, rise) {
  if (coverScore <= 0) {
    return probabilities;
  }
  const powers = probabilities.map((value) => value ** (1 / (1 + rise * coverScore)));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
