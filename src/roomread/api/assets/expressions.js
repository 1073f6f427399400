/**
 * The seven expressions and the trend of a room, in the language of the page.
 * @module
 */
import { t } from "./texts.js";

/** @type {Record<string, string>} The translated name of each expression, by its name in the API. */
export const EXPRESSIONS = {
  angry: t("angry"),
  disgust: t("disgust"),
  fear: t("fear"),
  happy: t("happy"),
  sad: t("sad"),
  surprise: t("surprise"),
  neutral: t("neutral"),
};

/** @type {Record<string, string>} A sentence for each `direction` of a mood in the API. */
export const DIRECTIONS = {
  "below its usual": t("The room is below its usual level."),
  "as usual": t("The room is as usual."),
  "above its usual": t("The room is above its usual level."),
};
