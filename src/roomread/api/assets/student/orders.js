/**
 * The messages between the student's page and its worker.
 *
 * @typedef {{kind: "open", settings: import("./parameters.js").Settings, every: number} |
 *   {kind: "frames", readable: ReadableStream<VideoFrame>} |
 *   {kind: "frame", bitmap: ImageBitmap} | {kind: "every", every: number} | {kind: "end"}} Order
 *   From the page to the worker. `every` is the time from one reading to the next, ms.
 *
 * @typedef {{kind: "ready"} | {kind: "want"} | {kind: "failed", problem: string} |
 *   {kind: "reading", message: import("./message.js").Message, others: number, ms: number}} Fact
 *   From the worker to the page. `others` is the number of other faces in the picture, which the
 *   page shows but does not send. `ms` is the duration of the reading.
 */

export {};
