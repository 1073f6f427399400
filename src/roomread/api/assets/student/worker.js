/**
 * Read the camera in a worker, because the timers of a hidden page are slowed down.
 *
 * Pictures stay in this worker. It posts only the numbers of a reading to its page.
 */

import { Follower } from "./follower.js";
import { FaceReader, openNets } from "./reader.js";
import { toMessage } from "./message.js";

/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./orders.js").Fact} Fact */
/** @typedef {import("./orders.js").Order} Order */
/** @typedef {import("./parameters.js").Settings} Settings */

// Longer side of the picture that is read, px; it is enough because a face fills much of the picture.
const LONGEST = 640;
// Time that a camera which was switched off has to deliver its last frames, ms.
const LAST_FRAMES = 1000;

/** @type {Follower | null} */
let follower = null;
/** @type {VideoFrame | ImageBitmap | null} The newest frame; null once it has been read. */
let newest = null;
let takenAt = 0;
let busy = false;
/** Whether the next frame is read at once, because there was none when a reading was due. */
let waiting = false;
let timer = 0;
let generation = 0;
/** A promise that is fulfilled once the stream of frames has ended. */
let drained = Promise.resolve();
let isOver = false;
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { willReadFrequently: true });

addEventListener("message", ({ data }) => obey(data));

/**
 * Handle a message from the page.
 * @param {Order} order
 */
function obey(order) {
  if (order.kind === "open") {
    open(order.settings, order.every);
  } else if (order.kind === "frames") {
    drained = drain(order.readable, ++generation);
  } else if (order.kind === "frame") {
    keep(order.bitmap);
  } else if (order.kind === "end") {
    end();
  } else {
    setPace(order.every);
  }
}

/**
 * Send a message to the page.
 * @param {Fact} fact
 */
function tell(fact) {
  postMessage(fact);
}

/**
 * Open the nets, and start the timer of readings.
 *
 * @param {Settings} settings
 * @param {number} every Time from one reading to the next, ms.
 */
async function open(settings, every) {
  try {
    /** @type {import("./reader.js").Runtime} */
    const ort = await import(settings.runtime);
    ort.env.wasm.wasmPaths = { wasm: new URL(settings.wasm, location.href).href };
    ort.env.wasm.numThreads = 1;
    const opened = new FaceReader(ort, await openNets(ort, settings.nets), settings.parameters);
    await opened.warmUp();
    follower = new Follower(opened);
  } catch (error) {
    tell({ kind: "failed", problem: String(error) });
    return;
  }
  // Drop the frame that was kept while the nets were opened, because it is seconds old.
  newest?.close();
  newest = null;
  tell({ kind: "ready" });
  setPace(every);
}

/**
 * Read a frame now, and from then on at an interval.
 * @param {number} every Time from one reading to the next, ms.
 */
function setPace(every) {
  clearInterval(timer);
  timer = Number(setInterval(tick, every));
  tick();
}

/**
 * Receive the frames of a camera until it is switched off, and keep the newest.
 *
 * @param {ReadableStream<VideoFrame>} readable
 * @param {number} own The generation of this camera; frames of earlier generations are dropped.
 */
async function drain(readable, own) {
  const frames = readable.getReader();
  for (;;) {
    const { value, done } = await frames.read();
    if (done) {
      return;
    }
    if (own === generation) {
      keep(value);
    } else {
      value.close();
    }
  }
}

/**
 * Keep a frame in place of the one before.
 * @param {VideoFrame | ImageBitmap} frame
 */
function keep(frame) {
  newest?.close();
  newest = frame;
  takenAt = performance.now();
  if (waiting && !busy) {
    tick();
  }
}

function stop() {
  generation += 1;
  clearInterval(timer);
  newest?.close();
  newest = null;
}

/** End this worker once all frames are freed, because the browser warns of frames left open. */
async function end() {
  stop();
  const patience = new Promise((resolve) => setTimeout(resolve, LAST_FRAMES));
  await Promise.race([drained, patience]);
  isOver = true;
  if (!busy) {
    close();
  }
}

async function tick() {
  if (!follower || busy) {
    return;
  }
  const frame = newest;
  waiting = !frame;
  if (!frame) {
    // Without a stream of frames, request a single frame from the page.
    if (generation === 0) {
      tell({ kind: "want" });
    }
    return;
  }
  busy = true;
  newest = null;
  const since = takenAt;
  const own = generation;
  try {
    const started = performance.now();
    const picture = toPicture(frame);
    const reading = await follower.read(picture, started);
    const ended = performance.now();
    if (own === generation) {
      const message = toMessage(reading, ended - since);
      tell({ kind: "reading", message, others: reading.others, ms: ended - started });
    }
  } catch (error) {
    tell({ kind: "failed", problem: String(error) });
    stop();
  } finally {
    frame.close();
    busy = false;
    if (isOver) {
      close();
    }
  }
}

/**
 * Return the pixels of a frame, at most `LONGEST` px wide or high.
 * @param {VideoFrame | ImageBitmap} frame
 * @returns {Picture}
 */
function toPicture(frame) {
  const width = "displayWidth" in frame ? frame.displayWidth : frame.width;
  const height = "displayHeight" in frame ? frame.displayHeight : frame.height;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const wide = Math.max(1, Math.round(width * scale));
  const high = Math.max(1, Math.round(height * scale));
  if (!context) {
    throw new Error("this browser cannot draw in a worker");
  }
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  context.drawImage(frame, 0, 0, wide, high);
  return { data: context.getImageData(0, 0, wide, high).data, width: wide, height: high };
}
