import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

const { draw, pressesPerMinute, scales, stretches } = await load("room/chart.js");
const { counts, covers, reportCount, trend } = await load("room/words.js");

const point = (t, values = {}) => ({
  t, v: 0.2, i: [0.1, 0.3], b: 0.1, present: 10, readable: 8, people: 12, lost: 0, ...values,
});
const { alertText } = await load("alerts.js");
const STATUS = {
  people: 28, read: 23, faceless: 2, paused: 3, screen: 0, taps: 19, withheld: false,
  reports: { ok: 5, lost: 8, slower: 0, faster: 1 },
};

test("a line is interrupted where there is no mood, or no point for four seconds", () => {
  const points = [point(0), point(1), point(2, { v: null }), point(3), point(7), point(11.5)];
  const found = stretches(points, (each) => each.v !== null).map((each) => each.map(({ t }) => t));
  assert.deepEqual(found, [[0, 1], [3, 7], [11.5]]);
  assert.deepEqual(stretches([], () => true), []);
});

test("presses are counted per minute, and unknown counts are skipped", () => {
  const points = [point(59, { lost: 2 }), point(60, { lost: 3 }), point(61, { lost: null })];
  assert.deepEqual([...pressesPerMinute(points)], [[0, 2], [1, 3]]);
});

test("the chart shows the last ten minutes, with high values above low values", () => {
  const early = scales(400, 30);
  assert.equal(early.start, 0);
  assert.equal(early.x(0), 46);
  assert.equal(early.x(600), 400 - 18);
  const late = scales(400, 1800);
  assert.equal(late.start, 1200);
  assert.equal(late.x(1800), 400 - 18);
  assert.ok(late.valence(1) < late.valence(0) && late.valence(0) < late.valence(-1));
  assert.equal(late.coverage(point(0, { present: 0, readable: 0 })), late.coverage(point(0, { readable: 0 })));
  assert.ok(late.coverage(point(0, { readable: 10 })) < late.coverage(point(0)));
});

/** A fake SVG element that records its attributes and children. */
class FakeElement {
  attributes = {};
  children = [];
  clientWidth = 600;
  setAttribute = (key, value) => (this.attributes[key] = value);
  replaceChildren = (...children) => (this.children = children);
}

function drawn(points, marks, changes, now) {
  globalThis.document = { createElementNS: (_space, name) => Object.assign(new FakeElement(), { name }) };
  const svg = new FakeElement();
  draw(svg, points, marks, changes, now);
  delete globalThis.document;
  const of = (type) => svg.children.filter(({ attributes }) => attributes.class === type);
  return { svg, of };
}

test("line, band and baseline are drawn for each stretch of known values, and not between them", () => {
  const points = [point(100), point(101), point(102, { v: null, b: null }), point(103)];
  const { svg, of } = drawn(points, [], [], 104);
  assert.equal(of("valence").length, 2);
  assert.equal(of("band").length, 2);
  assert.equal(of("baseline").length, 2);
  assert.equal(of("coverage").length, 1);
  const places = svg.children.flatMap(({ attributes }) => Object.values(attributes));
  assert.ok(!places.some((value) => /NaN|undefined|null/.test(value)));
  assert.equal(svg.attributes.viewBox, "0 0 600 318");
});

test("only marks and changes of the last ten minutes are drawn", () => {
  const marks = [{ time: 100, label: "old" }, { time: 1000, label: "group work" }];
  const changes = [{ time: 200, before: 0, after: 1 }, { time: 1100, before: 0.5, after: -0.2 }];
  const { svg, of } = drawn([point(1100)], marks, changes, 1200);
  assert.equal(of("mark").length, 1);
  assert.equal(of("change").length, 1);
  assert.ok(svg.children.some(({ textContent }) => textContent === "group work"));
});

test("a chart without points has no lines and no marks", () => {
  const { of } = drawn([], [], [], 0);
  for (const type of ["valence", "band", "coverage", "lost", "mark"]) assert.equal(of(type).length, 0);
});

test("the first line says how many people are read, and uses the singular for one person", () => {
  assert.equal(counts(STATUS), "23 of 28 people are read, 3 paused, 2 without a face.");
  const one = { ...STATUS, people: 1, read: 1, paused: 0, faceless: 0 };
  assert.equal(counts(one), "1 of 1 person is read, 0 paused, 0 without a face.");
});

test("the trend is written with its start time, or with the reason why there is none", () => {
  const started = new Date(2026, 0, 5, 10, 0);
  const event = (values) => ({
    status: STATUS, mood: { scores: { happy: 1 } }, direction: "below", clear: true, since: 2520, ...values,
  });
  const say = (values) => trend(event(values), started);
  assert.match(say({}), /^Below its usual level since 10:42/);
  assert.match(say({ clear: false }), /^Slightly below its usual level since 10:42/);
  assert.match(say({ direction: "above" }), /^Above its usual level since 10:42/);
  assert.equal(say({ direction: "usual" }), "As usual.");
  assert.match(say({ direction: null }), /known after three minutes/);
  assert.match(say({ mood: null }), /five people whose faces are read/);
  assert.match(say({ status: { ...STATUS, withheld: true } }), /^Someone left or looked away/);
});

test("faces of students, faces of the screen and taps are counted separately, and counts under five are hidden", () => {
  assert.equal(covers(STATUS), "23 faces, 19 taps, of 28.");
  const both = { ...STATUS, screen: 12 };
  assert.equal(covers(both), "23 faces of students, 12 faces of the shared screen, 19 taps, of 28.");
  assert.equal(covers({ ...STATUS, taps: null }), "23 faces, < 5 taps, of 28.");
  assert.equal(reportCount(STATUS, "lost"), 8);
  assert.equal(reportCount({ ...STATUS, reports: null }, "lost"), "< 5");
});

test("the text of an alert gives both levels of a fall, or the average in percent", () => {
  const fall = { seat: null, measure: "valence", value: -0.1, before: 0.25, seconds: 30 };
  assert.equal(alertText(fall), "room: valence fell from +0.25 to -0.10 in 30 s");
  const average = { seat: 4, measure: "looking_away", value: 0.62, before: null, seconds: 3723 };
  assert.equal(alertText(average), "seat 4: looking away 62% on average over 1:02:03 min");
  const happy = { ...average, measure: "happy", seconds: 150 };
  assert.equal(alertText(happy), "seat 4: happy 62% on average over 2:30 min");
});
