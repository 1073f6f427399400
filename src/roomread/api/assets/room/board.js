/** The teacher's board of one room. */

import { alertText } from "../alerts.js";
import * as api from "../api.js";
import { part, partAs, showSection } from "../page.js";
import { pauseBefore } from "../reconnect.js";
import { percent, t } from "../texts.js";
import { draw } from "./chart.js";
import { counts, covers, reportCount, trend } from "./words.js";

/** @typedef {import("../answers.js").BoardEvent} BoardEvent */
/** @typedef {import("../answers.js").BoardMoment} BoardMoment */
/** @typedef {import("../answers.js").HardMinute} HardMinute */
/**
 * A window that stays on top, which no library of types has yet (Chromium).
 * @typedef {{requestWindow: (size: {width: number, height: number}) => Promise<Window>}} OnTop
 */

const root = part("board");
const roomId = root.dataset.room ?? "";
const started = new Date(root.dataset.started ?? "");
const chart = partAs("chart", SVGSVGElement);
const label = partAs("label", HTMLInputElement);
/** @type {import("../answers.js").Point[]} */
let points = [];
/** @type {import("../answers.js").Mark[]} */
let marks = [];
/** How many marks the session had by the last event. */
let marked = 0;
/** @type {BoardMoment | null} */
let last = null;
/** @type {EventSource | null} */
let source = null;
/** How often the connection was refused since the last event. */
let attempt = 0;
let ended = false;
let paused = false;
/** @type {Window | null} */
let strip = null;

/** @param {string} text Empty if nothing is wrong. */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = text === "";
}

/**
 * Send a request, and say why it was refused.
 * @param {string} path
 * @param {object} [body] Sent as JSON; without one it is a GET.
 * @returns {Promise<any>} The answer; null where the request was refused.
 */
async function ask(path, body) {
  try {
    const answer = await api.ask(path, body);
    complain("");
    return answer;
  } catch (error) {
    complain(api.problemOf(error));
    return null;
  }
}

/** @param {boolean} isOn */
function showPause(isOn) {
  paused = isOn;
  part("pause").textContent = paused ? t("Continue") : t("Pause the room");
}

/** @param {string | null} code Null once the room is closed. */
function showCode(code) {
  if (code === null || part("code").textContent === code) return;
  const link = partAs("link", HTMLAnchorElement);
  const address = new URL(link.href);
  address.searchParams.set("code", code);
  part("code").textContent = code;
  link.href = link.textContent = address.href;
  partAs("picture", HTMLImageElement).src = `/api/v1/rooms/${roomId}/code.svg?code=${code}`;
}

/**
 * Show what the room is like by the service: another board may have changed it.
 * @param {import("../answers.js").RoomState} state
 */
async function showState(state) {
  showPause(state.paused);
  showCode(state.code);
  if (state.marks === marked) return;
  marked = state.marks;
  if (marked === marks.length) return;
  const answer = await api.ask(`/sessions/${roomId}/marks`).catch(() => null);
  // The next event leads to another attempt.
  if (answer === null) marked = -1;
  else marks = answer.marks;
}

/** @param {BoardEvent} event */
function take(event) {
  if ("over" in event) {
    if (event.over) finish();
    return;
  }
  if (event.history) {
    ({ points, marks } = event.history);
    marked = marks.length;
    showState(event);
    return;
  }
  last = event;
  showState(event);
  if (event.point) {
    points.push(event.point);
    points = points.filter((point) => point.t > event.time - 600);
  }
  part("line").textContent = `${counts(event.status)} ${trend(event, started)}`;
  part("covers").textContent = covers(event.status);
  for (const each of /** @type {const} */ (["ok", "lost", "slower", "faster"])) {
    part(`said-${each}`).textContent = String(reportCount(event.status, each));
  }
  part("alerts").textContent = event.alerts.map(alertText).join(" · ");
  draw(chart, points, marks, event.changes, event.time);
  if (strip !== null) {
    const words = strip.document.getElementById("line");
    if (words !== null) words.textContent = `${part("line").textContent} ${t("Lost: {n}.", { n: reportCount(event.status, "lost") })}`;
  }
}

async function mark() {
  if (last === null) return;
  const asked = { label: label.value.trim() || t("Mark"), time: last.time };
  const made = await ask(`/sessions/${roomId}/marks`, asked);
  if (made === null) return;
  marks.push(made);
  label.value = "";
}

async function finish() {
  ended = true;
  source?.close();
  showSection(["running", "finished"], "finished");
  const answer = await ask(`/rooms/${roomId}/summary`);
  if (answer === null) return;
  /** @type {HardMinute[]} */
  const hardest = answer.hardest;
  part("hardest").replaceChildren(
    ...hardest.map((minute) => {
      const item = document.createElement("li");
      const from = Math.round(minute.start / 60);
      const known = [t("minute {n}", { n: from + 1 })];
      if (minute.valence !== null) known.push(t("valence {value}", { value: Math.round(100 * minute.valence) / 100 }));
      if (minute.lost) known.push(t("{share} were lost", { share: percent(minute.lost) }));
      item.textContent = known.join(", ");
      return item;
    }),
  );
  part("none-hard").hidden = hardest.length > 0;
}

/** @param {OnTop} pip */
async function keepOnTop(pip) {
  const opened = await pip.requestWindow({ width: 420, height: 110 });
  strip = opened;
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) opened.document.head.append(sheet.cloneNode());
  const words = opened.document.createElement("p");
  words.id = "line";
  opened.document.body.append(words);
  opened.addEventListener("pagehide", () => { strip = null; });
}

/** Watch the room; a browser connects again by itself while it gets no answer. */
function watch() {
  const opened = new EventSource(`/api/v1/rooms/${roomId}/events`);
  source = opened;
  opened.addEventListener("message", (event) => {
    part("lost-connection").hidden = true;
    attempt = 0;
    take(JSON.parse(event.data));
  });
  opened.addEventListener("error", () => {
    if (ended) return;
    part("lost-connection").hidden = false;
    // The answer was a refusal, as while another process still holds the room.
    if (opened.readyState === EventSource.CLOSED) setTimeout(returnToRoom, pauseBefore(attempt++));
  });
}

/** Watch the room again if it is still open; show the end of its lesson if not. */
async function returnToRoom() {
  try {
    const answer = await fetch(`/api/v1/rooms/${roomId}`);
    if (answer.status === 401) location.reload();
    else if (answer.ok && (await answer.json()).code === null) finish();
    else watch();
  } catch {
    // The service is not back yet.
    setTimeout(returnToRoom, pauseBefore(attempt++));
  }
}

watch();
part("mark").addEventListener("click", mark);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key.toLowerCase() === "m" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) mark();
});
part("pause").addEventListener("click", async () => {
  const on = !paused;
  if ((await ask(`/rooms/${roomId}/pause`, { on })) !== null) showPause(on);
});
part("new-code").addEventListener("click", async () => {
  const room = await ask(`/rooms/${roomId}/code`, {});
  if (room !== null) showCode(room.code);
});
part("close").addEventListener("click", () => showSection(["close", "really"], "really"));
part("really-close").addEventListener("click", async () => {
  if ((await ask(`/rooms/${roomId}/close`, {})) !== null) finish();
});
part("keep-open").addEventListener("click", () => showSection(["close", "really"], "close"));
/** @type {OnTop | undefined} */
const onTop = Reflect.get(window, "documentPictureInPicture");
if (onTop !== undefined) {
  part("on-top").hidden = false;
  part("on-top").addEventListener("click", () => keepOnTop(onTop));
}
