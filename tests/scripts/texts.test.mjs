import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

/** Load the texts of a page in a language, with the URL of its catalogue. */
function textsIn(lang, catalogue) {
  globalThis.document = { documentElement: { lang, dataset: { catalogue } } };
  return load("texts.js", `?${lang}${Math.random()}`);
}

const catalogueOf = (messages) => `data:application/json,${encodeURIComponent(JSON.stringify(messages))}`;

test("numbers, percentages and times are written in the style of the page's language", async () => {
  const time = new Date(2026, 0, 5, 9, 7);
  const german = await textsIn("de");
  assert.equal(german.t("{rate} pictures", { rate: 1234.5678 }), "1.234,568 pictures");
  assert.equal(german.percent(0.85), "85\u00a0%");
  assert.equal(german.timeOfDay(time), "09:07");
  const english = await textsIn("en");
  assert.equal(english.t("{rate} pictures", { rate: 1234.5678 }), "1,234.568 pictures");
  assert.equal(english.percent(0.85), "85%");
  const french = await textsIn("fr");
  assert.equal(french.t("{x}", { x: 0.25 }), "0,25");
  const hindi = await textsIn("hi");
  assert.equal(hindi.percent(0.85), "85%");
});

test("plurals follow the language, as in French, where zero is singular", async () => {
  const forms = { "{n} face": ["{n} visage", "{n} visages"] };
  const french = await textsIn("fr", catalogueOf(forms));
  assert.deepEqual(
    [0, 1, 2].map((n) => french.tn("{n} face", "{n} faces", n)),
    ["0 visage", "1 visage", "2 visages"],
  );
  const english = await textsIn("en");
  assert.deepEqual(
    [0, 1, 2].map((n) => english.tn("{n} face", "{n} faces", n)),
    ["0 faces", "1 face", "2 faces"],
  );
});

test("texts without a translation or without a catalogue are in English", async () => {
  const spanish = await textsIn("es", catalogueOf({ Pause: ["Pausa"] }));
  assert.equal(spanish.t("Pause"), "Pausa");
  assert.equal(spanish.t("Leave"), "Leave");
  const lost = await textsIn("es", "data:application/json,{");
  assert.equal(lost.t("Pause"), "Pause");
});

test("a missing value leaves its placeholder, and placeholders within values are not replaced", async () => {
  const { t } = await textsIn("en");
  assert.equal(t("{name} of {n}", { name: "{n}" }), "{n} of {n}");
});
