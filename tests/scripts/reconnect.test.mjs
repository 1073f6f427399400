import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

const { pauseBefore } = await load("reconnect.js");

test("the longest pause doubles from half a second to ten seconds, and pauses are random up to it", (context) => {
  const random = context.mock.method(Math, "random", () => 0.999);
  const longest = [0, 1, 2, 3, 4, 5, 50].map((attempt) => Math.round(pauseBefore(attempt) / 0.999));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  random.mock.mockImplementation(() => 0);
  assert.equal(pauseBefore(7), 0);
});
