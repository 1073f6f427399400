/**
 * Describe alerts in the language of the page.
 * @module
 */
import { EXPRESSIONS } from "./expressions.js";
import { language, percent, t } from "./texts.js";

/** @type {Record<string, string>} The names of the measures other than expressions. */
const MEASURES = {
  valence: t("valence"),
  negative: t("negative"),
  coverage: t("coverage"),
  unreadable: t("unreadable"),
  looking_away: t("looking away"),
  eyes_closed: t("eyes closed"),
};
const signed = new Intl.NumberFormat(language, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "always",
});

/**
 * Return the text of an alert.
 * @param {import("./answers.js").Alert} alert
 * @returns {string}
 */
export function alertText({ seat, measure, value, before, seconds }) {
  const who = seat === null ? t("room") : t("seat {n}", { n: seat });
  const time = duration(seconds);
  if (before !== null) {
    const levels = { before: signed.format(before), now: signed.format(value) };
    return t("{who}: valence fell from {before} to {now} in {time}", { who, time, ...levels });
  }
  const named = { measure: MEASURES[measure] ?? EXPRESSIONS[measure], share: percent(value) };
  return t("{who}: {measure} {share} on average over {time}", { who, time, ...named });
}

/**
 * Return a duration as seconds, minutes or hours.
 * @param {number} seconds
 * @returns {string}
 */
function duration(seconds) {
  if (seconds < 120) return t("{n} s", { n: seconds });
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = hours ? [hours, String(minutes).padStart(2, "0")] : [minutes];
  return t("{time} min", { time: [...parts, String(seconds % 60).padStart(2, "0")].join(":") });
}
