import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { load } from "./pages.mjs";

const { FADES_AFTER, Said } = await load("join/said.js");
let shown;
let said;

beforeEach(() => {
  shown = [];
  said = new Said((now) => shown.push(now));
});

test("what is said fades after as long as the service counts it", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  assert.equal(FADES_AFTER, 1000 * Number(process.env.ROOMREAD_FADES_AFTER));
  said.set("lost");
  context.mock.timers.tick(FADES_AFTER - 1);
  assert.deepEqual(shown, ["lost"]);
  context.mock.timers.tick(1);
  assert.deepEqual(shown, ["lost", null]);
});

test("a new press counts for the whole time, and for itself alone", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  said.set("lost");
  context.mock.timers.tick(FADES_AFTER - 1);
  said.set(said.after("slower"));
  context.mock.timers.tick(FADES_AFTER - 1);
  assert.deepEqual(shown, ["lost", "slower"]);
  context.mock.timers.tick(1);
  assert.deepEqual(shown, ["lost", "slower", null]);
});

test("a second press of the same button takes it back, once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  said.set(said.after("ok"));
  said.set(said.after("ok"));
  context.mock.timers.tick(2 * FADES_AFTER);
  assert.deepEqual(shown, ["ok", null]);
});
