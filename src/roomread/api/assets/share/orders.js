/**
 * The messages between the page "Read a call" and its worker.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Part A part of a frame, in
 *   fractions of the frame's size.
 *
 * @typedef {{kind: "start", frames: ReadableStream<VideoFrame> | null} | {kind: "rest"} |
 *   {kind: "frame", frame: ImageBitmap} | {kind: "crop", crop: Part} |
 *   {kind: "connect", url: string} | {kind: "close"}} Order From the page to the worker.
 *
 * @typedef {object} ReadFact The service responded to a picture.
 * @property {"read"} kind
 * @property {import("../answers.js").LiveAnswer} answer
 * @property {Part} crop The part of the frame that was sent.
 * @property {number} age Milliseconds from the frame to the response.
 * @property {number} bytes Size of the picture.
 *
 * @typedef {ReadFact | {kind: "link", state: "open" | "lost"} |
 *   {kind: "end", code: number, problem: string} | {kind: "still", still: boolean} |
 *   {kind: "want"}} Fact From the worker to the page.
 */

export {};
