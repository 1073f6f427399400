/** The texts of the teacher's board. */

import { t, timeOfDay, tn } from "../texts.js";

/** @typedef {import("../answers.js").Say} Say */
/** @typedef {import("../answers.js").Status} Status */

const FEW = "< 5";

/**
 * Return how many people are read, paused or without a face.
 * @param {Status} status
 * @returns {string}
 */
export function counts(status) {
  return tn(
    "{read} of {n} person is read, {paused} paused, {faceless} without a face.",
    "{read} of {n} people are read, {paused} paused, {faceless} without a face.",
    status.people,
    { read: status.read, paused: status.paused, faceless: status.faceless },
  );
}

/**
 * Return the trend of the room, or why there is none.
 * @param {Pick<import("../answers.js").BoardMoment, "status" | "direction" | "clear" | "since" | "mood">} event
 * @param {Date} started Start of the session.
 * @returns {string}
 */
export function trend(event, started) {
  if (event.status.withheld) return t("Someone left or looked away: the figure returns when it tells of no single person.");
  if (event.mood?.scores == null) return t("No mood: it needs five people whose faces are read.");
  const time = timeOfDay(new Date(started.getTime() + 1000 * event.since));
  if (event.direction === "below") return event.clear ? t("Below its usual level since {time}.", { time }) : t("Slightly below its usual level since {time}.", { time });
  if (event.direction === "above") return event.clear ? t("Above its usual level since {time}.", { time }) : t("Slightly above its usual level since {time}.", { time });
  return event.direction === "usual" ? t("As usual.") : t("The usual level is known after three minutes.");
}

/**
 * Return how many faces and button presses the figures cover.
 * @param {Status} status
 * @returns {string}
 */
export function covers(status) {
  const taps = status.taps ?? FEW;
  return status.screen > 0
    ? t("{faces} faces of students, {screen} faces of the shared screen, {taps} taps, of {people}.", { faces: status.read, screen: status.screen, taps, people: status.people })
    : t("{faces} faces, {taps} taps, of {people}.", { faces: status.read, taps, people: status.people });
}

/**
 * Return the number of people whose press of a button counts at present, or "< 5".
 * @param {Status} status
 * @param {Say} button
 * @returns {string | number}
 */
export function reportCount(status, button) {
  return status.reports?.[button] ?? FEW;
}
