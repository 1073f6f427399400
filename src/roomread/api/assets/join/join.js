/** The page on which students join a room and say how they follow. */

import { t } from "../texts.js";
import { RoomConnection } from "./connection.js";

/** What is said counts for two minutes. */
const FADE_MS = 120_000;

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const form = /** @type {HTMLFormElement} */ (part("ask"));
const code = /** @type {HTMLInputElement} */ (part("code"));
const camera = document.getElementById("camera");
/** @type {any} */
let door = null;
/** @type {RoomConnection | null} */
let connection = null;
/** @type {any} */
let panel = null;
let paused = false;
let fading = 0;

/** @param {string} shown The section that the page shows. */
function show(shown) {
  for (const id of ["ask", "agree", "seat", "end"]) part(id).hidden = id !== shown;
}

/** @param {string} text */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = text === "";
}

/** @param {string} text */
function end(text) {
  say(null);
  panel?.stop();
  part("end-text").textContent = text;
  show("end");
}

/** Ask the server which room has the code. */
async function find() {
  complain("");
  const answer = await fetch(`/api/v1/join/${encodeURIComponent(code.value.trim())}${location.search}`);
  if (answer.status === 429) return complain(t("Too many wrong codes came from your network. Wait a minute."));
  if (!answer.ok) return complain(t("No open room has this code. Check it, or ask your teacher."));
  door = await answer.json();
  connection = new RoomConnection(door.id, follow);
  const before = connection.remembered();
  if (before !== null) return connection.join(before);
  part("room").textContent = door.name;
  list("taps-text", door.taps_consent.text);
  const faces = door.faces && camera !== null;
  part("faces").hidden = part("join-faces").hidden = !faces;
  if (faces) list("faces-text", door.faces_consent.text);
  show("agree");
}

/**
 * @param {string} id
 * @param {string[]} sentences
 */
function list(id, sentences) {
  part(id).replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }),
  );
}

/** @param {boolean} faces */
function join(faces) {
  const consent = faces ? door.faces_consent.version : door.taps_consent.version;
  connection?.join({ code: code.value.trim(), consent, faces });
}

/**
 * @param {import("./connection.js").State} state
 * @param {{receipt: object | null, faces: boolean}} [seat]
 */
async function follow(state, seat) {
  if (state === "joined" && seat !== undefined) {
    part("state").textContent = paused ? t("Paused: nothing of you counts.") : t("You are in the room.");
    if (paused) connection?.send({ k: "pause", on: true });
    if (seat.receipt !== null) keep(seat.receipt);
    part("seat-room").textContent = door.name;
    show("seat");
    if (camera !== null) camera.hidden = !seat.faces;
    if (seat.faces) await openCamera();
  } else if (state === "lost" || state === "joining") {
    part("state").textContent = t("Connecting …");
  } else if (state === "taken") {
    end(t("Another tab has taken your seat."));
  } else if (state === "over") {
    end(t("The room is closed, or its code was replaced."));
  } else if (state === "left") {
    end(t("You have left. Nothing of you counts any more."));
  } else {
    end(t("The room did not take you. Load the page again."));
  }
}

/** Load the part of the page that reads the face, if this student agreed to it. */
async function openCamera() {
  if (panel !== null || camera?.dataset.panel === undefined) return;
  const { CameraPanel } = await import(camera.dataset.panel);
  panel = new CameraPanel(camera, (/** @type {object} */ reading) =>
    paused ? null : (connection?.sendReading(reading) ?? null),
  );
  if (connection !== null) connection.onSlower = (every) => panel.setPace(every);
}

/** @param {object} receipt */
function keep(receipt) {
  const link = /** @type {HTMLAnchorElement} */ (part("receipt"));
  const file = new Blob([JSON.stringify(receipt, null, 1)], { type: "application/json" });
  link.href = URL.createObjectURL(file);
  link.hidden = false;
}

/** @param {string | null} said */
function say(said) {
  clearTimeout(fading);
  for (const button of document.querySelectorAll("[data-say]")) {
    const isSaid = button instanceof HTMLElement && button.dataset.say === said;
    button.setAttribute("aria-pressed", String(isSaid));
  }
  if (said !== null) fading = window.setTimeout(() => say(null), FADE_MS);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});
for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    if (!(button instanceof HTMLElement) || paused) return;
    const isSaid = button.getAttribute("aria-pressed") === "true";
    const said = isSaid ? null : (button.dataset.say ?? null);
    if (connection?.send({ k: "say", v: said }) != null) say(said);
  });
}
part("join-taps").addEventListener("click", () => join(false));
part("join-faces").addEventListener("click", () => join(true));
part("refuse").addEventListener("click", () => end(t("You have not joined. Nothing was sent.")));
part("pause").addEventListener("click", () => {
  paused = !paused;
  connection?.send({ k: "pause", on: paused });
  say(null);
  part("pause").textContent = paused ? t("Continue") : t("Pause");
  part("state").textContent = paused ? t("Paused: nothing of you counts.") : t("You are in the room.");
});
part("leave").addEventListener("click", () => connection?.leave());
part("again").addEventListener("click", () => {
  complain("");
  show("ask");
});
code.value = new URLSearchParams(location.search).get("code") ?? "";
if (code.value !== "") find();
