import assert from "node:assert/strict";
import { test } from "node:test";
import { readFile } from "node:fs/promises";

import { load } from "./pages.mjs";

const { Follower } = await load("student/follower.js");
const { middleOne, placed, prepareNear } = await load("student/near.js");
const { near } = JSON.parse(await readFile(process.env.ROOMREAD_PARAMETERS, "utf8")).detector;

const PICTURE = { data: new Uint8Array(4), width: 1, height: 1 };

/** Return a square face of a size, px, around a point. */
function face(x, y, size, confidence = 0.9) {
  const box = { left: x - size / 2, top: y - size / 2, right: x + size / 2, bottom: y + size / 2 };
  return { box, landmarks: [[x, y]], confidence };
}

/** A fake reader that finds `faces`, and records how it searched for them. */
class Reader {
  constructor(...faces) {
    this.faces = faces;
    this.searches = [];
  }

  async detect() {
    this.searches.push("whole");
    return this.faces;
  }

  async detectNear(_picture, known) {
    this.searches.push("near");
    const found = this.faces.find(({ box }) => Math.abs(box.left - known.box.left) < 20) ?? null;
    return { face: found, others: this.faces.filter((each) => each !== found) };
  }

  async readFace(_picture, found) {
    return { face: found, quality: null, probabilities: [1] };
  }
}

test("a known face is searched for nearby, and every third time in the whole picture", async () => {
  const reader = new Reader(face(100, 100, 80));
  const follower = new Follower(reader);
  for (let n = 0; n < 7; n++) await follower.read(PICTURE, 500 * n);
  assert.deepEqual(reader.searches, ["whole", "near", "near", "whole", "near", "near", "whole"]);
});

test("at one reading a second the whole picture is searched every other time", async () => {
  const reader = new Reader(face(100, 100, 80));
  const follower = new Follower(reader);
  for (let n = 0; n < 4; n++) await follower.read(PICTURE, 1000 * n);
  assert.deepEqual(reader.searches, ["whole", "near", "whole", "near"]);
});

test("a face that is not found nearby is searched for in the whole picture at once", async () => {
  const reader = new Reader(face(100, 100, 80));
  const follower = new Follower(reader);
  await follower.read(PICTURE, 0);
  reader.faces = [face(400, 100, 80)];
  const { face: found } = await follower.read(PICTURE, 500);
  assert.equal(found, reader.faces[0]);
  assert.deepEqual(reader.searches, ["whole", "near", "whole"]);
});

test("while no face is found, every picture is searched whole and nothing is read", async () => {
  const reader = new Reader();
  const follower = new Follower(reader);
  for (const time of [0, 500]) {
    assert.deepEqual(await follower.read(PICTURE, time), {
      face: null, quality: null, probabilities: null, others: 0,
    });
  }
  assert.deepEqual(reader.searches, ["whole", "whole"]);
});

test("a larger face beside the known one is read at once", async () => {
  const reader = new Reader(face(100, 100, 80));
  const follower = new Follower(reader);
  await follower.read(PICTURE, 0);
  reader.faces = [face(180, 100, 120), face(100, 100, 80)];
  const reading = await follower.read(PICTURE, 500);
  assert.equal(reading.face, reader.faces[0]);
  assert.equal(reading.others, 1);
});

test("the number of other faces from the last search of the whole picture is remembered", async () => {
  const reader = new Reader(face(100, 100, 80), face(400, 100, 60));
  const follower = new Follower(reader);
  await follower.read(PICTURE, 0);
  assert.equal((await follower.read(PICTURE, 500)).others, 1);
});

test("the square around a face shows the picture, and is black outside of it", () => {
  const picture = { data: new Uint8Array(4 * 300 * 200).fill(200), width: 300, height: 200 };
  const { input, zoom, origin } = prepareNear(picture, face(0, 100, 100), near);
  assert.deepEqual([input.width, input.height], [near.side, near.side]);
  assert.equal(zoom, (near.around * 100) / near.side);
  assert.deepEqual(origin, [-100, 0]);
  const middle = 3 * (near.side / 2) * near.side;
  assert.equal(input.data[middle + 3 * (near.side / 4)], 0);
  assert.equal(input.data[middle + 3 * (0.75 * near.side)], 200);
});

test("a small face is not enlarged, and a square outside the picture is black", () => {
  const picture = { data: new Uint8Array(4 * 300 * 200).fill(200), width: 300, height: 200 };
  assert.equal(prepareNear(picture, face(150, 100, 20), near).zoom, 1);
  assert.ok(prepareNear(picture, face(900, 100, 20), near).input.data.every((value) => value === 0));
});

test("the most confident face in the middle of a square is taken for the known face", () => {
  const half = near.side / 2;
  const [edge, unsure, sure] = [face(5, half, 40, 0.99), face(half, half, 50, 0.5), face(half + 9, half, 40, 0.8)];
  assert.equal(middleOne([edge, unsure, sure], near), sure);
  assert.equal(middleOne([edge], near), null);
  assert.equal(middleOne([], near), null);
});

test("a face found in a square is converted to coordinates of the picture", () => {
  const found = placed(face(64, 64, 20), { zoom: 2, origin: [10, -30] });
  assert.deepEqual(found.box, { left: 118, top: 78, right: 158, bottom: 118 });
  assert.deepEqual(found.landmarks, [[138, 98]]);
});
