/**
 * The parameters of a reading, which the service gives from its own code and its model file.
 *
 * @typedef {object} Parameters
 * @property {string} model Name of the expression net.
 * @property {string} digest First 12 hex digits of the SHA-256 of its file.
 * @property {string[]} labels The expressions in the order of its outputs.
 * @property {number} side Width and height of a crop, px.
 * @property {{side: number, shift: number}} framing The square of a crop, in heights of the box.
 * @property {number} temperature What the net's outputs are divided by before the softmax.
 * @property {number} threshold Confidence below which an expression is withheld, 0..1.
 * @property {[number, number][]} upright Landmarks of an upright face, in face heights.
 * @property {number} aspect Width of a face over its height.
 * @property {[string, string][]} reasons Names and texts of why a face cannot be read, in order.
 * @property {{size: number, visible: number, cut: number, dark: number, bright: number,
 *   contrast: number, sharpness: number, frontality: number, misfit: number}} limits Limits of quality beyond which a face is unreadable.
 * @property {{beyond: number, landmark: number, margin: number, misfit: number, aspect: number,
 *   bias: number}[]} edges What speaks for it that an edge cuts a face: left, top, right, bottom.
 * @property {{side: number, covered: number, rise: number}} covers Side of the crops of the net that
 *   tells whether something covers a face, px, the score above which it does, and the rise of the
 *   temperature for each unit of the score over 0.
 * @property {{turn_from: number, credible_misfit: number, densest: number, wider: number,
 *   finer: number}} crop How a crop is cut.
 * @property {{longer_side: number, stride: number, multiple: number, same_face: number,
 *   threshold_full: number, threshold_scaled: number,
 *   near: {side: number, around: number, drift: number}}} detector How faces are found. A known
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
