/**
 * Read the faces of one photo in the browser, with the modules of the page for students.
 * @module
 */

import { partAs } from "./page.js";
import { FaceReader, openNets } from "./student/reader.js";

/** @typedef {import("./student/reader.js").FaceReading} FaceReading */
/** @typedef {import("./student/reader.js").Runtime} Runtime */
/** @typedef {import("./student/pixels.js").Picture} Picture */

/**
 * @typedef {import("./student/parameters.js").Settings & {colors: Record<string, string>}} Settings
 *   `colors`: the colour of each expression, as CSS has it.
 */

// Longer side of the photo that is read and shown, px.
const LONGEST = 2048;
const UNREAD = "rgb(150, 150, 150)";

const file = partAs("file", HTMLInputElement);
const example = partAs("example", HTMLButtonElement);
const status = partAs("status", HTMLElement);
const trouble = partAs("trouble", HTMLElement);
const canvas = partAs("photo", HTMLCanvasElement);
const table = partAs("faces", HTMLTableElement);

/** @returns {Promise<{reader: FaceReader, settings: Settings}>} */
async function open() {
  const response = await fetch("settings.json");
  if (!response.ok) {
    throw new Error(`settings.json: status ${response.status}`);
  }
  /** @type {Settings} */
  const settings = await response.json();
  /** @type {Runtime} */
  const ort = await import(settings.runtime);
  ort.env.wasm.wasmPaths = { wasm: new URL(settings.wasm, location.href).href };
  ort.env.wasm.numThreads = 1;
  const reader = new FaceReader(ort, await openNets(ort, settings.nets), settings.parameters);
  await reader.warmUp();
  return { reader, settings };
}

/**
 * Draw a photo into the canvas, upright, and return its px.
 *
 * @param {Blob} photo
 * @returns {Promise<Picture>}
 */
async function draw(photo) {
  const bitmap = await createImageBitmap(photo);
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = contextOf();
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** @returns {CanvasRenderingContext2D} */
function contextOf() {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new Error("this browser cannot draw");
  }
  return context;
}

/**
 * Return the label of a face, and its expression where it has one.
 *
 * @param {FaceReading} reading
 * @param {Settings["parameters"]} parameters
 * @returns {{text: string, expression: string | null}}
 */
function labelOf({ quality, probabilities }, { labels, threshold }) {
  if (!probabilities) {
    return { text: `unreadable: ${quality.reason}`, expression: null };
  }
  const confidence = Math.max(...probabilities);
  if (confidence < threshold) {
    return { text: "unsure", expression: null };
  }
  const expression = labels[probabilities.indexOf(confidence)];
  return { text: `${expression} ${percent(confidence)}`, expression };
}

/**
 * @param {number} share 0..1.
 * @returns {string} Never 100 %, as no net is certain.
 */
function percent(share) {
  return `${Math.min(99, Math.round(100 * share))}%`;
}

/**
 * Show the readings of the photo: boxes in the canvas, and a row for each face.
 *
 * @param {FaceReading[]} readings
 * @param {Settings} settings
 */
function show(readings, { parameters, colors }) {
  const context = contextOf();
  const text = Math.max(12, Math.round(Math.max(canvas.width, canvas.height) / 45));
  context.font = `bold ${text}px system-ui, sans-serif`;
  context.lineWidth = Math.max(2, text / 8);
  const rows = readings.map((reading, index) => {
    const { left, top, right, bottom } = reading.face.box;
    const label = labelOf(reading, parameters);
    const color = label.expression ? colors[label.expression] : UNREAD;
    context.strokeStyle = color;
    context.strokeRect(left, top, right - left, bottom - top);
    const number = String(index + 1);
    const high = Math.max(0, top - 1.4 * text);
    context.fillStyle = "black";
    context.fillRect(left, high, context.measureText(number).width + text, 1.4 * text);
    context.fillStyle = "white";
    context.fillText(number, left + text / 2, high + 1.1 * text);
    const shares = reading.probabilities?.map(percent) ?? parameters.labels.map(() => "");
    return rowOf("td", [number, label.text, ...shares]);
  });
  partAs("heads", HTMLTableRowElement).replaceChildren(
    ...rowOf("th", ["face", "expression", ...parameters.labels]).cells,
  );
  partAs("rows", HTMLTableSectionElement).replaceChildren(...rows);
  table.hidden = readings.length === 0;
}

/**
 * @param {"td" | "th"} kind
 * @param {string[]} texts
 * @returns {HTMLTableRowElement}
 */
function rowOf(kind, texts) {
  const row = document.createElement("tr");
  for (const each of texts) {
    const cell = document.createElement(kind);
    cell.textContent = each;
    row.append(cell);
  }
  return row;
}

/**
 * @param {Blob} photo
 * @param {FaceReader} reader
 * @param {Settings} settings
 */
async function read(photo, reader, settings) {
  const picture = await draw(photo);
  canvas.hidden = false;
  const readings = [];
  for (const face of await reader.detect(picture)) {
    readings.push(await reader.readFace(picture, face));
  }
  show(readings, settings);
  const count = readings.length === 1 ? "1 face." : `${readings.length} faces.`;
  status.textContent = readings.length ? count : "No face was found.";
}

/** @param {boolean} ready Whether a photo can be chosen. */
function enable(ready) {
  file.disabled = example.disabled = !ready;
}

/**
 * @param {string} what What could not be done.
 * @param {unknown} error
 */
function tell(what, error) {
  trouble.textContent = `${what} (${error instanceof Error ? error.message : error})`;
  trouble.hidden = false;
  status.textContent = "";
}

/**
 * @param {() => Promise<Blob>} find Returns the photo.
 * @param {FaceReader} reader
 * @param {Settings} settings
 */
async function answer(find, reader, settings) {
  enable(false);
  trouble.hidden = true;
  status.textContent = "Reading …";
  try {
    await read(await find(), reader, settings);
  } catch (error) {
    canvas.hidden = table.hidden = true;
    tell("This photo cannot be read; choose a JPEG or PNG.", error);
  } finally {
    enable(true);
  }
}

try {
  const { reader, settings } = await open();
  example.addEventListener("click", () =>
    answer(async () => (await fetch("example.jpg")).blob(), reader, settings),
  );
  file.addEventListener("change", () => {
    const [photo] = file.files ?? [];
    if (photo) {
      answer(async () => photo, reader, settings);
    }
  });
  status.textContent = "Ready.";
  enable(true);
} catch (error) {
  tell("The nets could not be loaded; reload the page.", error);
}
