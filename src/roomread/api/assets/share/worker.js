/**
 * Takes frames of a shared window, cuts out the part with the tiles, and sends two a second.
 *
 * It runs in a worker, as a browser slows down the timers of a page that is hidden. It sends its
 * page facts, which the page says in words.
 * @module
 */
import { Link } from "./link.js";

/** Milliseconds from one picture to the next. */
const PERIOD = 500;
/** A frame that comes this much too early is taken, as frames come a quarter of a second apart. */
const EARLY = 60;
/** Milliseconds without a frame after which the last one is sent again: nothing has moved. */
const REPEAT = 800;
/** Milliseconds without a frame after which the window counts as minimised. */
const STILL = 3000;
/** The longest side of a picture that is sent, px, and the quality of its JPEG. */
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

/** @param {Fact} fact */
function tell(fact) {
  postMessage(fact);
}

/**
 * Take the frames of a stream; those between two pictures are dropped.
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
 * Send a frame if it is time for one, and free it.
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
 * Draw the chosen part of a frame, at most 1920 px wide or high.
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
 * Send the last picture, and tell the page what it shows.
 * @param {number} taken When its frame came.
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

/** Notice that no frame comes, and ask the page for one where frames come from there. */
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

/** Stop taking frames; the connection stays. */
function rest() {
  clearInterval(tick);
  reader?.cancel();
  reader = last = null;
  still = false;
}

/** @param {Order} order */
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
