/**
 * The page "Read a call": shares a window, shows what is read, and records a session.
 * @module
 */
import { t } from "../texts.js";
import * as recording from "./recording.js";
import { Region } from "./region.js";
import { drawBoxes, moodText, showShares } from "./room.js";

/** Faces under this many pixels are mostly missed or unreadable. */
const SMALL = 24;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const region = new Region($("stage"), $("region"), (crop) => worker.postMessage({ kind: "crop", crop }));
/** @type {Map<string, string>} The warnings that hold, by what they are about. */
const warnings = new Map();
/** @type {MediaStream | null} */
let stream = null;
/** @type {recording.Session | null} */
let session = null;
/** @type {number[]} When the last pictures were read, ms. */
let reads = [];

/**
 * Show or take back a warning.
 * @param {string} about
 * @param {string | false | null} text
 */
function warn(about, text) {
  if ((warnings.get(about) ?? "") === (text || "")) return;
  if (text) warnings.set(about, text);
  else warnings.delete(about);
  $("warnings").replaceChildren(
    ...[...warnings.values()].map((line) => {
      const paragraph = document.createElement("p");
      paragraph.className = "warning";
      paragraph.textContent = line;
      return paragraph;
    }),
  );
}

/** Ask for a window, and read it. */
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

/** A window rather than a tab or a screen, never this tab, and no sound. */
const WANTED = /** @type {DisplayMediaStreamOptions} */ ({
  video: { displaySurface: "window", frameRate: { ideal: 4, max: 5 } },
  audio: false,
  selfBrowserSurface: "exclude",
  surfaceSwitching: "include",
});

/** @param {MediaStream} chosen */
async function show(chosen) {
  stream = chosen;
  const [track] = chosen.getVideoTracks();
  track.onended = () => {
    stop();
    warn("stopped", t("Sharing has stopped. Choose the window again to go on."));
  };
  track.onmute = () => warn("still", stillText());
  track.onunmute = () => warn("still", null);
  const video = $("preview");
  video.srcObject = chosen;
  await video.play();
  $("stage").style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  warn("stopped", null);
  const processor = globalThis.MediaStreamTrackProcessor;
  const frames = processor ? new processor({ track, maxBufferSize: 1 }).readable : null;
  worker.postMessage({ kind: "start", frames }, frames ? [frames] : []);
  connect();
  $("reading").hidden = false;
  $("choose").textContent = t("Choose another window");
  $("stop").hidden = false;
  $("stage").scrollIntoView({ block: "nearest" });
}

/** Stop reading; a session goes on when a window is chosen again. */
function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  reads = [];
  worker.postMessage({ kind: "rest" });
  worker.postMessage({ kind: "close" });
  for (const about of ["still", "small", "signal", "link"]) warn(about, null);
  $("boxes").replaceChildren();
  $("stop").hidden = true;
}

/** Connect to the service, for the session if there is one. */
function connect() {
  const url = new URL("/api/v1/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (session) url.searchParams.set("session", session.id);
  worker.postMessage({ kind: "connect", url: url.href });
  $("mood").textContent = moodText(null);
  showShares($("shares"), null);
}

const stillText = () =>
  t("No picture comes from the window. Is it minimised? It may be behind other windows, but must be open.");

/** @type {Record<string, (message: any) => void>} What the worker tells. */
const TOLD = {
  read: ({ answer, crop, age }) => {
    warn("problem", answer.problem ?? null);
    if (answer.problem) return;
    const { frame, mood } = answer;
    drawBoxes($("boxes"), frame, crop);
    $("mood").textContent = moodText(mood);
    showShares($("shares"), mood?.scores);
    $("alerts").textContent = answer.alerts.map((/** @type {any} */ { reason }) => reason).join("; ");
    const sizes = frame.faces.map(({ box }) => Math.min(box.right - box.left, box.bottom - box.top));
    sizes.sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
    const small = sizes.length > 0 && sizes[Math.floor(sizes.length / 2)] < SMALL;
    warn("small", small && t("The faces are small, and many cannot be read. Make the gallery larger, or the frame tighter."));
    warn("signal", frame.signal && t("The picture is black, or has not moved for three seconds."));
    showPace(age);
  },
  link: ({ state }) =>
    warn("link", state === "lost" && t("The connection is lost. Connecting again …")),
  end: ({ code, problem }) => {
    stop();
    if (session && code === 1008) leave();
    warn(
      "stopped",
      code === 4001
        ? t("Another tab has taken over this session.")
        : t("The service ended the connection. {reason}", { reason: problem }),
    );
  },
  still: ({ still }) => warn("still", still && stillText()),
  want: async () => {
    const video = $("preview");
    if (!stream || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const frame = await createImageBitmap(video);
    worker.postMessage({ kind: "frame", frame }, [frame]);
  },
};
worker.onmessage = ({ data }) => TOLD[data.kind](data);

/** @param {number} age Milliseconds from the frame to its result. */
function showPace(age) {
  const now = performance.now();
  reads = [...reads.filter((time) => now - time <= 10_000), now];
  const span = (now - reads[0]) / 1000;
  const rate = span ? (reads.length - 1) / span : 0;
  $("pace").textContent = t("{rate} pictures a second; this result took {age} ms.", {
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
  $("record").hidden = true;
  $("recording").hidden = false;
  $("recorded").textContent = room
    ? t("The faces of the window count in the room “{name}”.", { name })
    : t("The session “{name}” is being recorded.", { name });
  // The board of a room marks and ends its lesson.
  $("marking").hidden = $("end").hidden = room;
  $("open").href = room ? `/room/${id}` : `/lessons?session=${id}`;
  $("open").textContent = room ? t("Open the board") : t("Open it among the lessons");
  if (stream) connect();
}

/** Show that no session is recorded. */
function leave() {
  session = null;
  recording.forget();
  $("record").hidden = $("no-record") !== null;
  $("recording").hidden = true;
}

/**
 * Do something with the API, and show why it failed.
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  $("refused").hidden = true;
  try {
    await work();
  } catch (error) {
    $("refused").hidden = false;
    $("refused").textContent =
      error instanceof recording.Refused ? error.message : t("The service does not answer.");
  }
}

/** @param {SubmitEvent} event */
function record(event) {
  event.preventDefault();
  const keep = $("keep").checked;
  attempt(async () => {
    const begun = await recording.begin({
      name: $("name").value,
      consent: keep ? $("consent").value : "",
      identity: keep && $("identity").checked,
      notice: $("notice").value,
    });
    enter(begun);
  });
}

/** @param {SubmitEvent} event */
function mark(event) {
  event.preventDefault();
  attempt(async () => {
    if (session) await recording.mark(session, $("label").value);
    $("label").value = "";
  });
}

function end() {
  attempt(async () => {
    if (session) await recording.end(session);
    const ended = $("open").href;
    leave();
    if (stream) connect();
    $("ended").hidden = false;
    $("report").href = ended;
  });
}

if (navigator.mediaDevices?.getDisplayMedia) {
  $("choose").addEventListener("click", choose);
} else {
  $("choose").disabled = true;
  warn("choice", t("This browser cannot share a window. Use Chrome, Edge or Firefox on a computer, on the address of this computer itself or over HTTPS."));
}
$("stop").addEventListener("click", stop);
$("whole").addEventListener("click", () => region.reset());
$("record").addEventListener("submit", record);
$("keep").addEventListener("change", () => {
  $("people").hidden = !$("keep").checked;
  $("consent").required = $("keep").checked;
});
$("marking").addEventListener("submit", mark);
$("end").addEventListener("click", end);
showShares($("shares"), null);
attempt(async () => {
  const resumed = await recording.resume();
  if (resumed) enter(resumed);
});
