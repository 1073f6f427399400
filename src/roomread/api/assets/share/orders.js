/**
 * What the page "Read a call" and its worker tell each other.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Part In parts of the frame.
 *
 * @typedef {{kind: "start", frames: ReadableStream<VideoFrame> | null} | {kind: "rest"} |
 *   {kind: "frame", frame: ImageBitmap} | {kind: "crop", crop: Part} |
 *   {kind: "connect", url: string} | {kind: "close"}} Order From the page to the worker.
 *
 * @typedef {object} ReadFact A picture was answered.
 * @property {"read"} kind
 * @property {import("../answers.js").LiveAnswer} answer
 * @property {Part} crop The part of the frame that was sent.
 * @property {number} age Milliseconds from the frame to its answer.
 * @property {number} bytes Size of the picture.
 *
 * @typedef {ReadFact | {kind: "link", state: "open" | "lost"} |
 *   {kind: "end", code: number, problem: string} | {kind: "still", still: boolean} |
 *   {kind: "want"}} Fact From the worker to the page.
 */

export {};
