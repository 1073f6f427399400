import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { load } from "./pages.mjs";

const { cut } = await load("student/crop.js");
const { assessQuality } = await load("student/quality.js");
const { toMessage } = await load("student/message.js");
const { doubted, softmax } = await load("student/reader.js");
const { mirrored } = await load("student/pixels.js");
const { decode, scaledDown } = await load("student/detect.js");
const parameters = JSON.parse(await readFile(process.env.ROOMREAD_PARAMETERS, "utf8"));
const REASONS = Object.fromEntries(parameters.reasons);

/** Return a picture whose pixels are the values of `paint`, as [red, green, blue]. */
function picture(width, height, paint) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) data.set([...paint(x, y), 255], at);
  }
  return { data, width, height };
}

/** Return a face of a height, px, around a point, turned clockwise by some degrees. */
function face(x, y, height, degrees = 0) {
  const angle = (degrees * Math.PI) / 180;
  const landmarks = parameters.upright.map(([a, b]) => [
    x + height * (a * Math.cos(angle) - b * Math.sin(angle)),
    y + height * (a * Math.sin(angle) + b * Math.cos(angle)),
  ]);
  const width = parameters.aspect * height;
  const box = { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
  return { box, landmarks, confidence: 0.9 };
}

const pattern = (x, y) => Array(3).fill(128 + 60 * Math.sin(x / 4) + 50 * Math.cos(y / 3));
const SHARP = picture(320, 240, pattern);
const reasonOf = (seen, found) =>
  assessQuality(seen, found, cut(seen, found, parameters), parameters).reason;

test("a crop has the size of the net's input, even if the face extends beyond the picture", () => {
  for (const found of [face(160, 120, 100), face(0, 0, 100), face(160, 120, 400), face(10, 230, 3)]) {
    const crop = cut(SHARP, found, parameters);
    assert.deepEqual([crop.width, crop.height], [parameters.side, parameters.side]);
    assert.equal(crop.data.length, parameters.side ** 2);
  }
});

test("a crop of a picture of one colour contains only its luma", () => {
  const red = picture(320, 240, () => [200, 0, 0]);
  const luma = (200 * 19595 + 0x8000) >> 16;
  assert.deepEqual(new Set(cut(red, face(160, 120, 100), parameters).data), new Set([luma]));
});

test("an upside-down face is cropped like an upright face", () => {
  const light = (x, y) => Array(3).fill(40 + Math.round((x + 2 * y) / 4));
  const upright = picture(240, 240, light);
  const inverted = picture(240, 240, (x, y) => light(239 - x, 239 - y));
  const one = cut(upright, face(120, 120, 100), parameters).data;
  const other = cut(inverted, face(120, 120, 100, 180), parameters).data;
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const lowerHalf = (values) => values.slice(values.length / 2);
  assert.ok(Math.abs(mean(one) - mean(other)) < 3);
  assert.ok(Math.abs(mean(lowerHalf(one)) - mean(lowerHalf(other))) < 5);
});

test("a sharp face of sufficient size has no reason to be unreadable", () => {
  assert.equal(reasonOf(SHARP, face(160, 120, 100)), null);
});

const PROBLEMS = {
  TOO_SMALL: [SHARP, face(160, 120, parameters.limits.size - 2)],
  CUT_OFF: [SHARP, face(160, 10, 160)],
  TOO_DARK: [picture(320, 240, (x, y) => pattern(x, y).map((v) => v / 20)), face(160, 120, 100)],
  TOO_BRIGHT: [picture(320, 240, (x, y) => pattern(x, y).map((v) => 245 + v / 50)), face(160, 120, 100)],
  FLAT: [picture(320, 240, () => [128, 128, 128]), face(160, 120, 100)],
  BLURRED: [picture(320, 240, (x) => Array(3).fill(128 + 100 * Math.sin(x / 30))), face(160, 120, 100)],
};
for (const [name, [seen, found]] of Object.entries(PROBLEMS)) {
  test(`a face that is ${REASONS[name]} is unreadable for this reason`, () => {
    assert.equal(reasonOf(seen, found), REASONS[name]);
  });
}

test("a face in profile is unreadable because it is turned away", () => {
  const profile = face(160, 120, 100);
  const [left, right] = profile.landmarks;
  profile.landmarks[2] = [right[0] + (right[0] - left[0]), profile.landmarks[2][1]];
  assert.equal(reasonOf(SHARP, profile), REASONS.TURNED_AWAY);
});

test("of several reasons, the first in the order of the service is reported", () => {
  const dark = picture(320, 240, () => [1, 1, 1]);
  assert.equal(reasonOf(dark, face(160, 120, parameters.limits.size - 2)), REASONS.TOO_SMALL);
  assert.equal(reasonOf(dark, face(160, 120, 100)), REASONS.TOO_DARK);
});

const QUALITY = {
  size: 140.4, visible: 1, brightness: 0.59, contrast: 0.28, sharpness: 0.64, frontality: 0.98, reason: null,
};

test("a message has integer probabilities whose sum is 10,000, give or take four", () => {
  for (let seed = 1; seed < 200; seed++) {
    const logits = [0, 1, 2, 3, 4, 5, 6].map((k) => 5 * Math.sin(seed * (k + 1)));
    const reading = { face: null, quality: QUALITY, probabilities: softmax(logits, 1.3), others: 1 };
    const message = toMessage(reading, 47.6);
    assert.ok(Math.abs(message.p.reduce((a, b) => a + b) - 10_000) <= 4);
    assert.ok(message.p.every((share) => Number.isInteger(share) && share >= 0));
    assert.deepEqual([message.k, message.age], ["r", 48]);
    // The message contains only the expression of the face, and nothing about other people.
    assert.deepEqual(Object.keys(message).sort(), ["age", "k", "p"]);
  }
});

test("a message without a readable face gives the reason and no probabilities", () => {
  const none = toMessage({ face: null, quality: null, probabilities: null, others: 0 }, -3);
  assert.deepEqual(none, { k: "r", age: 0, why: "no face" });
  const dark = { ...QUALITY, reason: REASONS.TOO_DARK };
  const message = toMessage({ face: null, quality: dark, probabilities: null, others: 2 }, 30);
  assert.deepEqual(message, { k: "r", age: 30, why: REASONS.TOO_DARK });
});

test("a softmax sums to one, keeps the order, and is flatter at a higher temperature", () => {
  const cold = softmax([800, 802, 790], 1);
  assert.ok(Math.abs(cold.reduce((a, b) => a + b) - 1) < 1e-12);
  assert.ok(cold[1] > cold[0] && cold[0] > cold[2]);
  assert.ok(softmax([800, 802, 790], 4)[1] < cold[1]);
});

test("a mirrored picture has each row reversed, and the original is unchanged", () => {
  const image = { data: new Uint8Array([1, 2, 3, 4, 5, 6]), width: 3, height: 2 };
  assert.deepEqual([...mirrored(image).data], [3, 2, 1, 6, 5, 4]);
  assert.deepEqual([...image.data], [1, 2, 3, 4, 5, 6]);
});

test("confidence falls as the cover score rises, and an uncovered face keeps its probabilities", () => {
  const sure = [0.02, 0, 0.03, 0.85, 0.1];
  const { rise, covered } = parameters.covers;
  assert.equal(doubted(sure, 0, rise), sure);
  assert.equal(doubted(sure, -20, rise), sure);
  const [less, least] = [1, covered].map((score) => doubted(sure, score, rise));
  assert.ok(0.85 > less[3] && less[3] > least[3] && least[3] > least[4]);
  assert.equal(least[1], 0);
  assert.ok(Math.abs(least.reduce((a, b) => a + b) - 1) < 1e-12);
});

test("of two boxes of one face the more confident is kept, and faces are sorted largest first", () => {
  const maps = {
    heatmap: new Float32Array(64), scale: new Float32Array(128), offset: new Float32Array(128),
    landmarks: new Float32Array(640),
  };
  const put = (cell, confidence, height) => {
    maps.heatmap[cell] = confidence;
    maps.scale[cell] = Math.log(height / 4);
    maps.scale[64 + cell] = Math.log(height / 4);
  };
  put(9, 0.7, 8);
  put(10, 0.9, 10);
  put(62, 0.8, 12);
  const detector = { ...parameters.detector, stride: 4 };
  const found = decode(maps, 8, [1, 1], 0.5, detector).map(({ confidence }) => confidence);
  assert.deepEqual(found.map((value) => Math.round(10 * value)), [8, 9]);
});

test("halving a picture averages four pixels, and pads with black to a multiple of 16 px", () => {
  const picture = { width: 36, height: 20, data: new Uint8ClampedArray(4 * 36 * 20) };
  for (let i = 0; i < picture.data.length; i++) {
    picture.data[i] = (i * 7919) % 256;
  }
  const { data, width, height } = scaledDown(picture, 18, 10, 16);
  assert.deepEqual([width, height], [32, 16]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const four = [0, 4, 4 * 36, 4 * 36 + 4].map(
          (near) => picture.data[4 * (2 * y * 36 + 2 * x) + near + channel],
        );
        const mean = Math.floor(four.reduce((sum, value) => sum + value) / 4 + 0.5);
        const inside = x < 18 && y < 10;
        assert.equal(data[3 * (y * width + x) + channel], inside ? mean : 0);
      }
    }
  }
});
