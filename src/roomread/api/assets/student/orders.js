/**
 * What the student's page and its worker tell each other.
 *
 * @typedef {{kind: "open", settings: import("./parameters.js").Settings, every: number} |
 *   {kind: "frames", readable: ReadableStream<VideoFrame>} |
 *   {kind: "frame", bitmap: ImageBitmap} | {kind: "every", every: number} | {kind: "end"}} Order
 *   From the page to the worker. `every`: time from one reading to the next, ms.
 *
 * @typedef {{kind: "ready"} | {kind: "want"} | {kind: "failed", problem: string} |
 *   {kind: "reading", message: import("./message.js").Message, others: number, ms: number}} Fact
 *   From the worker to the page. `others`: how many other faces were seen, which the page says and
 *   does not send. `ms`: how long the reading took.
 */

export {};
