/** The page on which students join a room and press buttons. */

import { part, partAs, showSection } from "../page.js";
import { mayLoadAhead } from "../student/settings.js";
import { t } from "../texts.js";
import { RoomConnection, roomJoinedWith } from "./connection.js";
import { PressedButton } from "./pressed.js";

/** @typedef {import("../answers.js").RoomInfo} RoomInfo */
/** @typedef {import("../answers.js").Say} Say */

const code = partAs("code", HTMLInputElement);
const camera = document.getElementById("camera");
/** @type {Map<HTMLButtonElement, Say>} */
const buttons = new Map();
/** @type {RoomInfo | null} */
let info = null;
/** @type {RoomConnection | null} */
let connection = null;
/** @type {Promise<import("../student/panel.js").CameraPanel | null> | null} */
let panel = null;
let paused = false;
/** Whether the teacher paused the room. */
let roomPaused = false;
/** Whether the student has had a seat since the room was found. */
let seated = false;
const pressed = new PressedButton((now) => {
  for (const [button, says] of buttons) button.setAttribute("aria-pressed", String(says === now));
});

/** @param {string} shown The section that the page shows. */
const show = (shown) => showSection(["ask", "agree", "seat", "end"], shown);

/**
 * Show an error message, or hide it if the text is empty.
 * @param {string} text
 */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = text === "";
}

/**
 * Show that the student is no longer in the room.
 * @param {string} text
 */
function end(text) {
  complain("");
  pressed.set(null);
  stopCamera();
  part("end-text").textContent = text;
  show("end");
}

/** Return to the seat that this tab has, or ask the service for the room of the code. */
async function find() {
  complain("");
  const typed = code.value.trim();
  const seatedIn = roomJoinedWith(typed);
  if (seatedIn !== null) return enter(seatedIn);
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`/api/v1/join/${encodeURIComponent(typed)}${location.search}`);
  } catch {
    return complain(t("The service does not answer."));
  }
  if (answer.status === 429) return complain(t("Too many wrong codes came from your network. Wait a minute."));
  if (!answer.ok) return complain(t("No open room has this code. Check it, or ask your teacher."));
  /** @type {RoomInfo} */
  const found = (info = await answer.json());
  // Put the code into the URL, so that a reloaded page finds the room even if the code was typed.
  const address = new URL(location.href);
  address.searchParams.set("code", typed);
  history.replaceState(null, "", address);
  enter(found.id);
  if (connection?.joining) return;
  part("room").textContent = found.name;
  list("taps-text", found.taps_consent.text);
  const faces = found.faces_consent !== null && camera !== null;
  part("faces").hidden = part("join-faces").hidden = !faces;
  if (faces && found.faces_consent !== null) {
    list("faces-text", found.faces_consent.text);
    // Load the nets while the student reads the consent text.
    if (mayLoadAhead(navigator)) openCamera();
  }
  show("agree");
}

/**
 * Connect to a room, and return to the seat that this tab has there.
 * @param {string} roomId
 */
function enter(roomId) {
  const entered = (connection = new RoomConnection(roomId, follow));
  seated = false;
  entered.onSlower = async (every) => (await panel)?.setPace(every);
  entered.onPause = (isOn) => {
    roomPaused = isOn;
    pressed.set(null);
    showPause();
  };
  const before = entered.remembered();
  if (before !== null) entered.join(before);
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

/**
 * Join the room with the consent that the student gave.
 * @param {boolean} faces Whether the student's face may be read.
 */
function join(faces) {
  const consent = faces ? info?.faces_consent : info?.taps_consent;
  if (consent) connection?.join({ code: code.value.trim(), consent: consent.version, faces });
}

/**
 * Show the state of the connection.
 * @param {import("./connection.js").State} state
 * @param {import("./connection.js").Seat} [seat]
 */
function follow(state, seat) {
  if (state === "joined" && seat !== undefined) {
    complain("");
    // A reloaded page takes the pause from the room; later the page's own state is sent to the room.
    if (!seated) paused = seat.paused;
    else if (paused !== seat.paused) connection?.send({ k: "pause", on: paused });
    seated = true;
    roomPaused = seat.room_paused;
    showPause();
    if (seat.say !== pressed.button) pressed.set(seat.say);
    if (seat.receipt !== null) keep(seat.receipt);
    part("seat-room").textContent = seat.name;
    show("seat");
    if (camera !== null) camera.hidden = !seat.faces;
    if (seat.faces) openCamera();
    else stopCamera();
  } else if (state === "lost" || state === "joining" || state === "full") {
    part("state").textContent = t("Connecting …");
    if (!seated && state === "full") complain(t("The room is full, or the service is busy. This page tries again by itself."));
    else if (!seated && state === "lost") complain(t("The service does not answer. This page tries again by itself."));
  } else if (state === "taken") {
    end(t("Another tab has taken your seat."));
  } else if (state === "ended") {
    end(t("The lesson has ended. The room is closed."));
  } else if (state === "over") {
    end(t("The room is closed, or its code was replaced."));
  } else if (state === "left") {
    end(t("You have left. You are no longer counted."));
  } else {
    end(t("The room did not take you. Load the page again."));
  }
}

/** Show whether the room or the student has paused, and disable the buttons during a pause. */
function showPause() {
  part("pause").textContent = paused ? t("Continue") : t("Pause");
  const said = [];
  if (roomPaused) said.push(t("Your teacher has paused the room: nobody is counted."));
  if (paused) said.push(t("Paused: you are not counted."));
  part("state").textContent = said.join(" ") || t("You are in the room.");
  for (const button of buttons.keys()) button.disabled = paused || roomPaused;
}

/** Load the camera panel and its nets. */
function openCamera() {
  panel ??= makePanel();
}

/** @returns {Promise<import("../student/panel.js").CameraPanel | null>} */
async function makePanel() {
  if (camera?.dataset.panel === undefined) return null;
  /** @type {typeof import("../student/panel.js")} */
  const { CameraPanel } = await import(camera.dataset.panel);
  const made = new CameraPanel(camera, (reading) =>
    paused || roomPaused ? null : (connection?.sendReading(reading) ?? null),
  );
  made.prepare();
  return made;
}

/** Switch the camera off, and free the nets. */
async function stopCamera() {
  (await panel)?.stop();
}

/**
 * Offer the receipt of consent as a download.
 * @param {object} receipt
 */
function keep(receipt) {
  const link = partAs("receipt", HTMLAnchorElement);
  const file = new Blob([JSON.stringify(receipt, null, 1)], { type: "application/json" });
  link.href = URL.createObjectURL(file);
  link.hidden = false;
}

part("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});
for (const says of /** @type {const} */ (["ok", "lost", "slower", "faster"])) {
  const button = partAs(`say-${says}`, HTMLButtonElement);
  buttons.set(button, says);
  button.addEventListener("click", () => {
    const now = pressed.after(says);
    if (connection?.send({ k: "say", v: now }) != null) pressed.set(now);
  });
}
part("join-taps").addEventListener("click", () => join(false));
part("join-faces").addEventListener("click", () => join(true));
part("refuse").addEventListener("click", () => {
  // Leave, because the student may have agreed before while the service did not respond.
  connection?.leave();
  end(t("You have not joined. Nothing was sent."));
});
part("pause").addEventListener("click", () => {
  paused = !paused;
  connection?.send({ k: "pause", on: paused });
  pressed.set(null);
  showPause();
});
part("leave").addEventListener("click", () => connection?.leave());
part("again").addEventListener("click", () => {
  complain("");
  show("ask");
});
code.value = new URLSearchParams(location.search).get("code") ?? "";
if (code.value !== "") find();
