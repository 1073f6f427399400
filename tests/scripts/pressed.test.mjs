import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { load } from "./pages.mjs";

const { FADES_AFTER, PressedButton } = await load("join/pressed.js");
let shown;
let pressed;

beforeEach(() => {
  shown = [];
  pressed = new PressedButton((now) => shown.push(now));
});

test("a press expires after the time for which the service counts it", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  assert.equal(FADES_AFTER, 1000 * Number(process.env.ROOMREAD_FADES_AFTER));
  pressed.set("lost");
  context.mock.timers.tick(FADES_AFTER - 1);
  assert.deepEqual(shown, ["lost"]);
  context.mock.timers.tick(1);
  assert.deepEqual(shown, ["lost", null]);
});

test("a press of another button replaces the first press and counts for the whole time", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  pressed.set("lost");
  context.mock.timers.tick(FADES_AFTER - 1);
  pressed.set(pressed.after("slower"));
  context.mock.timers.tick(FADES_AFTER - 1);
  assert.deepEqual(shown, ["lost", "slower"]);
  context.mock.timers.tick(1);
  assert.deepEqual(shown, ["lost", "slower", null]);
});

test("a second press of the same button withdraws the first press", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  pressed.set(pressed.after("ok"));
  pressed.set(pressed.after("ok"));
  context.mock.timers.tick(2 * FADES_AFTER);
  assert.deepEqual(shown, ["ok", null]);
});
