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
 * Chromium's API for a window that stays on top, which TypeScript's library lacks.
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
/** Number of marks in the last event; -1 if loading them failed. */
let marked = 0;
/** @type {BoardMoment | null} */
let last = null;
/** @type {EventSource | null} */
let source = null;
/** Number of failed attempts to connect since the last event. */
let attempt = 0;
let ended = false;
let paused = false;
/** @type {Window | null} */
let strip = null;

/**
 * Show an error message, or hide it if the text is empty.
 * @param {string} text
 */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = text === "";
}

/**
 * Send a request, and show an error message if it fails.
 * @param {string} path
 * @param {object} [body] The body of a POST, sent as JSON; without it, a GET is sent.
 * @returns {Promise<any>} The response; null if the request failed.
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
 * Show the room's state in an event, which another board may have changed.
 * @param {import("../answers.js").RoomState} state
 */
async function showState(state) {
  showPause(state.paused);
  showCode(state.code);
  if (state.marks === marked) return;
  marked = state.marks;
  if (marked === marks.length) return;
  const answer = await api.ask(`/sessions/${roomId}/marks`).catch(() => null);
  // Try again with the next event.
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

/** Receive the events of the room. The browser itself reconnects unless it gets an HTTP error. */
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
    // The service responded with an error, for example because another process still holds the room.
    if (opened.readyState === EventSource.CLOSED) setTimeout(returnToRoom, pauseBefore(attempt++));
  });
}

/** Receive events again if the room is still open, else show that the lesson has ended. */
async function returnToRoom() {
  try {
    const answer = await fetch(`/api/v1/rooms/${roomId}`);
    if (answer.status === 401) location.reload();
    else if (answer.ok && (await answer.json()).code === null) finish();
    else watch();
  } catch {
    // The service does not respond yet.
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
