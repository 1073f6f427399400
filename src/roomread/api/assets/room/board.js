/** The teacher's board of one room. */

import { percent, t } from "../texts.js";
import { draw } from "./chart.js";
import { counts, covers, said, trend } from "./words.js";

const root = part("board");
const roomId = root.dataset.room ?? "";
const started = new Date(root.dataset.started ?? "");
const chart = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (part("chart")));
/** @type {import("./chart.js").Point[]} */
let points = [];
/** @type {import("./chart.js").Mark[]} */
let marks = [];
/** @type {any} */
let last = null;
let paused = false;
/** @type {Window | null} */
let strip = null;

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * @param {string} path
 * @param {object} [body]
 */
async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  const problem = answer.ok ? "" : (await answer.json()).detail;
  part("problem").textContent = problem;
  part("problem").hidden = answer.ok;
  return answer.ok ? answer.json() : null;
}

/** @param {any} event */
function take(event) {
  if (event.history) {
    ({ points, marks } = event.history);
    return;
  }
  if ("over" in event) {
    if (event.over) finish();
    return;
  }
  last = event;
  if (event.point) {
    points.push(event.point);
    points = points.filter((point) => point.t > event.time - 600);
  }
  part("line").textContent = `${counts(event.status)} ${trend(event, started)}`;
  part("covers").textContent = covers(event.status);
  for (const each of /** @type {const} */ (["ok", "lost", "slower", "faster"])) {
    part(`said-${each}`).textContent = String(said(event.status, each));
  }
  part("alerts").textContent = event.alerts.map((/** @type {any} */ alert) => alert.reason).join(" · ");
  draw(chart, points, marks, event.changes, event.time);
  if (strip !== null) {
    const words = strip.document.getElementById("line");
    if (words !== null) words.textContent = `${part("line").textContent} ${t("Lost: {n}.", { n: said(event.status, "lost") })}`;
  }
}

async function mark() {
  if (last === null) return;
  const label = /** @type {HTMLInputElement} */ (part("label"));
  const made = await post(`/api/v1/sessions/${roomId}/marks`, { label: label.value.trim() || t("Mark"), time: last.time });
  if (made !== null) marks.push(made);
  label.value = "";
}

async function finish() {
  source.close();
  part("running").hidden = true;
  part("finished").hidden = false;
  const answer = await fetch(`/api/v1/rooms/${roomId}/summary`);
  const { hardest } = await answer.json();
  part("hardest").replaceChildren(
    ...hardest.map((/** @type {any} */ minute) => {
      const item = document.createElement("li");
      const from = Math.round(minute.start / 60);
      const known = [t("minute {n}", { n: from + 1 })];
      if (minute.valence !== null) known.push(t("valence {value}", { value: minute.valence.toFixed(2) }));
      if (minute.lost) known.push(t("{share} were lost", { share: percent(minute.lost) }));
      item.textContent = known.join(", ");
      return item;
    }),
  );
  part("none-hard").hidden = hardest.length > 0;
}

async function keepOnTop() {
  const pip = /** @type {any} */ (window).documentPictureInPicture;
  const opened = /** @type {Window} */ (await pip.requestWindow({ width: 420, height: 110 }));
  strip = opened;
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) opened.document.head.append(sheet.cloneNode());
  const words = opened.document.createElement("p");
  words.id = "line";
  opened.document.body.append(words);
  opened.addEventListener("pagehide", () => { strip = null; });
}

const source = new EventSource(`/api/v1/rooms/${roomId}/events`);
source.onmessage = (event) => {
  part("lost-connection").hidden = true;
  take(JSON.parse(event.data));
};
source.onerror = () => {
  part("lost-connection").hidden = false;
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
};
part("mark").addEventListener("click", mark);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key.toLowerCase() === "m" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) mark();
});
part("pause").addEventListener("click", async () => {
  const answer = await post(`/api/v1/rooms/${roomId}/pause`, { on: !paused });
  if (answer === null) return;
  paused = !paused;
  part("pause").textContent = paused ? t("Continue") : t("Pause the room");
});
part("new-code").addEventListener("click", async () => {
  const room = await post(`/api/v1/rooms/${roomId}/code`);
  if (room === null) return;
  part("code").textContent = room.code;
  const link = /** @type {HTMLAnchorElement} */ (part("link"));
  link.href = link.textContent = room.link;
  /** @type {HTMLImageElement} */ (part("picture")).src = `/api/v1/rooms/${roomId}/code.svg?code=${room.code}`;
});
part("close").addEventListener("click", () => {
  part("close").hidden = true;
  part("really").hidden = false;
});
part("really-close").addEventListener("click", async () => {
  if ((await post(`/api/v1/rooms/${roomId}/close`)) !== null) finish();
});
part("keep-open").addEventListener("click", () => {
  part("close").hidden = false;
  part("really").hidden = true;
});
if ("documentPictureInPicture" in window) {
  part("on-top").hidden = false;
  part("on-top").addEventListener("click", keepOnTop);
}
