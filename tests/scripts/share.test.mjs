import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

const { hasSmallFaces, moodText } = await load("share/room.js");

const faces = (...sizes) => ({
  faces: sizes.map((size) => ({ box: { left: 5, top: 5, right: 5 + size, bottom: 5 + 2 * size } })),
});

test("faces are small if their median size is under 24 px", () => {
  assert.equal(hasSmallFaces(faces()), false);
  assert.equal(hasSmallFaces(faces(24)), false);
  assert.equal(hasSmallFaces(faces(23)), true);
  assert.equal(hasSmallFaces(faces(10, 24, 80)), false);
  assert.equal(hasSmallFaces(faces(10, 20, 80)), true);
});

test("the mood says how many faces are read, and why there is no mood", () => {
  const mood = { present: 6, readable: 4, scores: null, direction: null };
  assert.equal(moodText(null), "The first mood comes after three pictures.");
  assert.equal(moodText({ ...mood, present: 0 }), "No face is found.");
  assert.equal(
    moodText(mood), "4 of 6 faces are read. The mood is shown as soon as five faces are read.",
  );
  const figure = { ...mood, readable: 6, scores: { happy: 1 } };
  assert.match(moodText(figure), /After three minutes/);
  assert.match(moodText({ ...figure, direction: "below its usual" }), /The room is below its usual level\.$/);
});
