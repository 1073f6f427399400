/**
 * Crop the frames of a shared window to the chosen part, and send two pictures per second.
 *
 * This runs in a worker, because browsers slow down the timers of hidden pages. The worker sends
 * messages without text to its page, which shows them in the language of the page.
 * @module
 */
import { Link } from "./link.js";

/** Milliseconds from one picture to the next. */
const PERIOD = 500;
/** Milliseconds by which a frame may be early, because frames arrive only every 250 ms. */
const EARLY = 60;
/** Milliseconds without a frame after which the last picture is sent again, as nothing has moved. */
const REPEAT = 800;
/** Milliseconds without a frame after which the window counts as minimised. */
const STILL = 3000;
/** Maximum length of the longer side of a picture, px, and the quality of its JPEG, 0..1. */
const LONGEST = 1920;
const QUALITY = 0.85;

/** @typedef {import("./orders.js").Order} Order */
/** @typedef {import("./orders.js").Fact} Fact */
/** @typedef {import("./orders.js").Part} Part */

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { alpha: false });
/** @type {Part} */
let crop = { x: 0, y: 0, width: 1, height: 1 };
/** @type {{ picture: Blob, crop: Part } | null} */
let last = null;
let busy = false;
let due = 0;
let cameAt = 0;
let still = false;
let tick = 0;
/** @type {ReadableStreamDefaultReader<VideoFrame> | null} */
let reader = null;

const link = new Link({
  onState: (state) => tell({ kind: "link", state }),
  onEnd: (code, problem) => tell({ kind: "end", code, problem }),
});

/**
 * Send a message to the page.
 * @param {Fact} fact
 */
function tell(fact) {
  postMessage(fact);
}

/**
 * Receive the frames of a stream, and drop those that arrive before a picture is due.
 * @param {ReadableStream<VideoFrame>} frames
 */
async function follow(frames) {
  const mine = (reader = frames.getReader());
  for (;;) {
    const { value, done } = await mine.read();
    if (done || mine !== reader) {
      value?.close();
      return;
    }
    take(value);
  }
}

/**
 * Send a frame if a picture is due, and free the frame.
 * @param {VideoFrame | ImageBitmap} frame
 */
async function take(frame) {
  const now = performance.now();
  cameAt = now;
  if (still) tell({ kind: "still", still: (still = false) });
  if (busy || !link.open || now < due - EARLY) {
    frame.close();
    return;
  }
  busy = true;
  try {
    draw(frame);
    frame.close();
    const part = crop;
    const picture = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    last = { picture, crop: part };
    await send(now);
  } finally {
    busy = false;
  }
}

/**
 * Draw the chosen part of a frame on the canvas, at most `LONGEST` px wide or high.
 * @param {VideoFrame | ImageBitmap} frame
 */
function draw(frame) {
  const width = "displayWidth" in frame ? frame.displayWidth : frame.width;
  const height = "displayHeight" in frame ? frame.displayHeight : frame.height;
  const [w, h] = [Math.max(1, crop.width * width), Math.max(1, crop.height * height)];
  const scale = Math.min(1, LONGEST / Math.max(w, h));
  canvas.width = Math.max(1, Math.round(w * scale));
  canvas.height = Math.max(1, Math.round(h * scale));
  context?.drawImage(
    frame, crop.x * width, crop.y * height, w, h, 0, 0, canvas.width, canvas.height,
  );
}

/**
 * Send the last picture to the service, and the response to the page.
 * @param {number} taken Time at which the frame arrived, ms.
 */
async function send(taken) {
  if (!last) return;
  due = Math.max(due + PERIOD, taken + PERIOD / 2);
  const { picture, crop: part } = last;
  const answer = await link.send(picture);
  if (answer) {
    const age = performance.now() - taken;
    tell({ kind: "read", answer, crop: part, age, bytes: picture.size });
  }
}

/** Detect missing frames, and request one from the page if there is no stream of frames. */
async function watch() {
  const now = performance.now();
  if (!reader) tell({ kind: "want" });
  const silence = now - cameAt;
  if (silence > STILL) {
    if (!still) tell({ kind: "still", still: (still = true) });
  } else if (silence > REPEAT && !busy && link.open && last) {
    busy = true;
    await send(now);
    busy = false;
  }
}

/** Stop receiving frames, but stay connected. */
function rest() {
  clearInterval(tick);
  reader?.cancel();
  reader = last = null;
  still = false;
}

/**
 * Handle a message from the page.
 * @param {Order} order
 */
function obey(order) {
  if (order.kind === "start") {
    rest();
    cameAt = performance.now();
    tick = setInterval(watch, PERIOD);
    if (order.frames) follow(order.frames);
  } else if (order.kind === "rest") rest();
  else if (order.kind === "frame") take(order.frame);
  else if (order.kind === "crop") ({ crop } = order);
  else if (order.kind === "connect") link.connect(order.url);
  else link.close();
}

addEventListener("message", ({ data }) => obey(data));
