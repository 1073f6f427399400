/**
 * The parameters of a reading, which the service returns from its code and its model file.
 *
 * @typedef {object} Parameters
 * @property {string} model Name of the expression net.
 * @property {string} digest First 12 hex digits of the SHA-256 of the net's file.
 * @property {string[]} labels The expressions in the order of the net's outputs.
 * @property {number} side Width and height of a crop, px.
 * @property {{side: number, shift: number}} framing Side of a crop's square, and distance of its
 *   centre below the box's centre, as multiples of the box's height.
 * @property {number} temperature Number by which the net's outputs are divided before the softmax.
 * @property {number} threshold Confidence below which an expression is withheld, 0..1.
 * @property {[number, number][]} upright Landmarks of an upright face, in face heights.
 * @property {number} aspect Width of a face over its height.
 * @property {[string, string][]} reasons Names and texts of the reasons why a face cannot be read,
 *   in the order in which they are checked.
 * @property {{size: number, visible: number, cut: number, dark: number, bright: number,
 *   contrast: number, sharpness: number, frontality: number, misfit: number}} limits Limits of quality beyond which a face is unreadable.
 * @property {{beyond: number, landmark: number, margin: number, misfit: number, aspect: number,
 *   bias: number}[]} edges Weights of the log odds that an edge cuts a face, for the left, top, right
 *   and bottom edge.
 * @property {{side: number, covered: number, rise: number}} covers Parameters of the net that detects
 *   covered faces: side of its crops, px, score above which a face counts as covered, and increase
 *   of the temperature for each unit of the score above 0.
 * @property {{turn_from: number, credible_misfit: number, densest: number, wider: number,
 *   finer: number}} crop Parameters for cutting a crop.
 * @property {{longer_side: number, stride: number, multiple: number, same_face: number,
 *   threshold_full: number, threshold_scaled: number,
 *   near: {side: number, around: number, drift: number}}} detector Parameters of the detector. A known
 *   face is searched for in a square of `around` times its size, scaled to `side` px, and is found
 *   if it has moved by at most `drift` of the square.
 *
 * @typedef {object} Settings
 * @property {Parameters} parameters
 * @property {string} runtime URL of ONNX Runtime's module.
 * @property {string} wasm URL of its WebAssembly.
 * @property {{shallow: string, deep: string, covers: string, expressions: string}} nets URLs of
 *   the nets.
 */

export {};
