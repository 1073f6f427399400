/**
 * The page "Read a call", which shares a window, shows the readings, and records a session.
 * @module
 */
import { alertText } from "../alerts.js";
import { problemOf } from "../api.js";
import { framesOf } from "../frames.js";
import { part, partAs, showSection } from "../page.js";
import { t } from "../texts.js";
import * as recording from "./recording.js";
import { Region } from "./region.js";
import { drawBoxes, hasSmallFaces, moodText, showShares } from "./room.js";

/** @typedef {import("./orders.js").Order} Order */
/** @typedef {import("./orders.js").Fact} Fact */
/** @typedef {import("./orders.js").ReadFact} ReadFact */

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const choice = partAs("choose", HTMLButtonElement);
const preview = partAs("preview", HTMLVideoElement);
const boxes = partAs("boxes", SVGSVGElement);
const shares = partAs("shares", HTMLTableSectionElement);
const open = partAs("open", HTMLAnchorElement);
/** The checkboxes of the taught states. */
const states = [...document.querySelectorAll("input")].filter(({ name }) => name === "state");
const keep = partAs("keep", HTMLInputElement);
const region = new Region(part("stage"), part("region"), (crop) => order({ kind: "crop", crop }));
/** @type {Map<string, string>} The warnings that are shown, by topic. */
const warnings = new Map();
/** @type {MediaStream | null} */
let stream = null;
/** @type {recording.Session | null} */
let session = null;
/** @type {number[]} Times at which the last pictures were read, ms. */
let reads = [];

/**
 * Send a message to the worker.
 * @param {Order} asked
 * @param {Transferable[]} [transferred]
 */
function order(asked, transferred = []) {
  worker.postMessage(asked, transferred);
}

/**
 * Show the warning on a topic, or remove it if there is no text.
 * @param {string} about The topic.
 * @param {string | false | null | undefined} text
 */
function warn(about, text) {
  if ((warnings.get(about) ?? "") === (text || "")) return;
  if (text) warnings.set(about, text);
  else warnings.delete(about);
  part("warnings").replaceChildren(
    ...[...warnings.values()].map((line) => {
      const paragraph = document.createElement("p");
      paragraph.className = "warning";
      paragraph.textContent = line;
      return paragraph;
    }),
  );
}

/** Let the user choose a window, and read it. */
async function choose() {
  warn("choice", null);
  try {
    const chosen = await navigator.mediaDevices.getDisplayMedia(WANTED);
    stop();
    await show(chosen);
  } catch (error) {
    const denied = error instanceof DOMException && error.name === "NotAllowedError";
    warn(
      "choice",
      denied
        ? t("No window was chosen. On a Mac, the browser also needs the permission to record the screen, in the system settings.")
        : t("The window cannot be shared: {reason}", { reason: String(error) }),
    );
  }
}

/** Options that prefer a window to a tab or a screen, and exclude this tab and sound. */
const WANTED = /** @type {DisplayMediaStreamOptions} */ ({
  video: { displaySurface: "window", frameRate: { ideal: 4, max: 5 } },
  audio: false,
  selfBrowserSurface: "exclude",
  surfaceSwitching: "include",
});

/** @returns {boolean} Whether this browser can share a window, which also requires HTTPS. */
function canShare() {
  /** @type {Partial<MediaDevices> | undefined} */
  const devices = navigator.mediaDevices;
  return devices?.getDisplayMedia !== undefined;
}

/**
 * Show and read a chosen window.
 * @param {MediaStream} chosen
 */
async function show(chosen) {
  stream = chosen;
  const [track] = chosen.getVideoTracks();
  track.onended = () => {
    stop();
    warn("stopped", t("Sharing has stopped. Choose the window again to go on."));
  };
  track.onmute = () => warn("still", stillText());
  track.onunmute = () => warn("still", null);
  preview.srcObject = chosen;
  await preview.play();
  part("stage").style.aspectRatio = `${preview.videoWidth} / ${preview.videoHeight}`;
  warn("stopped", null);
  const frames = framesOf(track);
  order({ kind: "start", frames }, frames ? [frames] : []);
  connect();
  part("reading").hidden = false;
  choice.textContent = t("Choose another window");
  part("stop").hidden = false;
  part("stage").scrollIntoView({ block: "nearest" });
}

/** Stop reading. The session continues when a window is chosen again. */
function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  reads = [];
  order({ kind: "rest" });
  order({ kind: "close" });
  for (const about of ["still", "small", "signal", "link", "problem"]) warn(about, null);
  boxes.replaceChildren();
  if (part("stop").contains(document.activeElement)) choice.focus();
  part("stop").hidden = true;
}

/** Connect to the service, for the session if there is one. */
function connect() {
  const url = new URL("/api/v1/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (session) url.searchParams.set("session", session.id);
  const chosen = states.filter(({ checked }) => checked).map(({ value }) => value);
  if (chosen.length) url.searchParams.set("profiles", chosen.join(","));
  order({ kind: "connect", url: url.href });
  part("mood").textContent = moodText(null);
  showShares(shares, null);
}

const stillText = () =>
  t("No picture comes from the window. Is it minimised? It may be behind other windows, but must be open.");

/**
 * Handle a message from the worker.
 * @param {Fact} fact
 */
function learn(fact) {
  if (fact.kind === "read") showReading(fact);
  else if (fact.kind === "still") warn("still", fact.still && stillText());
  else if (fact.kind === "link") warn("link", fact.state === "lost" && t("The connection is lost. Reconnecting …"));
  else if (fact.kind === "want") sendFrame();
  else {
    stop();
    if (session && fact.code === 1008) leave();
    warn(
      "stopped",
      fact.code === 4001
        ? t("Another tab has taken over this session.")
        : t("The service ended the connection. {reason}", { reason: fact.problem }),
    );
  }
}
worker.addEventListener("message", ({ data }) => learn(data));

/**
 * Show the readings of a picture.
 * @param {ReadFact} fact
 */
function showReading({ answer, crop, age }) {
  warn("problem", answer.problem);
  if (answer.problem !== undefined) return;
  const { frame, mood } = answer;
  drawBoxes(boxes, frame, crop);
  part("mood").textContent = moodText(mood);
  showShares(shares, mood?.scores, mood?.states);
  part("alerts").textContent = answer.alerts.map(alertText).join("; ");
  warn("small", hasSmallFaces(frame) && t("The faces are small, and many cannot be read. Make the gallery larger, or the frame tighter."));
  warn("signal", frame.signal && t("The picture is black, or has not moved for three seconds."));
  showPace(age);
}

/** Send a single frame to the worker, in browsers without streams of frames. */
async function sendFrame() {
  if (!stream || preview.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
  const frame = await createImageBitmap(preview);
  order({ kind: "frame", frame }, [frame]);
}

/**
 * Show the number of pictures per second and the age of the last result.
 * @param {number} age Milliseconds from the frame to its result.
 */
function showPace(age) {
  const now = performance.now();
  reads = [...reads.filter((time) => now - time <= 10_000), now];
  const span = (now - reads[0]) / 1000;
  const rate = span ? (reads.length - 1) / span : 0;
  part("pace").textContent = t("{rate} pictures a second; this result took {age} ms.", {
    rate: Math.round(10 * rate) / 10,
    age: Math.round(age),
  });
}

/**
 * Show that a session is recorded, and connect for it.
 * @param {recording.Session} entered
 */
function enter(entered) {
  const { id, name, room } = (session = entered);
  showSection(["record", "recording"], "recording");
  part("recorded").textContent = room
    ? t("The faces of the window count in the room “{name}”.", { name })
    : t("The session “{name}” is being recorded.", { name });
  // The session of a room is marked and ended on the room's board.
  part("record-heading").hidden = part("marking").hidden = part("end").hidden = room;
  open.href = room ? `/room/${id}` : `/lessons?session=${id}`;
  open.textContent = room ? t("Open the board") : t("Open it among the lessons");
  if (stream) connect();
}

/** Show that no session is recorded. */
function leave() {
  session = null;
  recording.forget();
  showSection(["record", "recording"], "record");
  part("record").hidden = document.getElementById("no-record") !== null;
}

/**
 * Run work that calls the API, and show an error message if it fails.
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  part("refused").hidden = true;
  try {
    await work();
  } catch (error) {
    part("refused").hidden = false;
    part("refused").textContent = problemOf(error);
  }
}

/**
 * Begin to record a session.
 * @param {SubmitEvent} event
 */
function record(event) {
  event.preventDefault();
  attempt(async () => {
    const begun = await recording.begin({
      name: partAs("name", HTMLInputElement).value,
      consent: keep.checked ? partAs("consent", HTMLInputElement).value : "",
      identity: keep.checked && partAs("identity", HTMLInputElement).checked,
      notice: partAs("notice", HTMLInputElement).value,
    });
    enter(begun);
  });
}

/**
 * Set a mark in the session.
 * @param {SubmitEvent} event
 */
function mark(event) {
  event.preventDefault();
  const label = partAs("label", HTMLInputElement);
  attempt(async () => {
    if (session) await recording.mark(session, label.value);
    label.value = "";
  });
}

function end() {
  attempt(async () => {
    if (session) await recording.end(session);
    leave();
    if (stream) connect();
    partAs("report", HTMLAnchorElement).href = open.href;
    part("ended").hidden = false;
  });
}

if (canShare()) {
  choice.addEventListener("click", choose);
} else {
  choice.disabled = true;
  warn("choice", t("This browser cannot share a window. Use Chrome, Edge or Firefox on a computer, on the address of this computer itself or over HTTPS."));
}
part("stop").addEventListener("click", stop);
part("whole").addEventListener("click", () => region.reset());
part("record").addEventListener("submit", record);
for (const state of states) {
  state.addEventListener("change", () => {
    if (stream) connect();
  });
}
keep.addEventListener("change", () => {
  part("people").hidden = !keep.checked;
  partAs("consent", HTMLInputElement).required = keep.checked;
});
part("marking").addEventListener("submit", mark);
part("end").addEventListener("click", end);
// Hide the link to the web app if the app shows this page in a frame.
part("back").hidden = window !== window.top;
showShares(shares, null);
attempt(async () => {
  const resumed = await recording.resume();
  if (resumed) enter(resumed);
});
