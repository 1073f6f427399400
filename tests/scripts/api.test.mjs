import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

const { ask, problemOf, Refused } = await load("api.js");

/** Let every request return this status and body. */
function answer(context, status, body) {
  return context.mock.method(globalThis, "fetch", async () => Response.json(body, { status }));
}

test("a request without a body is a GET, and one with a body sends it as JSON", async (context) => {
  const fetched = answer(context, 200, { id: "r1" });
  assert.deepEqual(await ask("/rooms/r1"), { id: "r1" });
  await ask("/rooms", { name: "Algebra 7b" });
  const [[path, options], [second, { method, body, headers }]] = fetched.mock.calls.map((each) => each.arguments);
  assert.deepEqual([path, options], ["/api/v1/rooms/r1", undefined]);
  assert.deepEqual([second, method, JSON.parse(body)], ["/api/v1/rooms", "POST", { name: "Algebra 7b" }]);
  assert.equal(headers["content-type"], "application/json");
});

test("a refused request throws the problem and the hint of the service", async (context) => {
  answer(context, 409, { detail: "room r1 is closed", hint: "open another" });
  await assert.rejects(ask("/rooms/r1"), (error) => {
    assert.ok(error instanceof Refused);
    assert.equal(problemOf(error), "room r1 is closed (open another)");
    return true;
  });
  answer(context, 404, { detail: "there is no room 'r2'" });
  await assert.rejects(ask("/rooms/r2"), { message: "there is no room 'r2'" });
});

test("a request without a response is reported as a service that does not answer", async (context) => {
  context.mock.method(globalThis, "fetch", async () => Promise.reject(new TypeError("offline")));
  await assert.rejects(ask("/rooms/r1"), (error) => {
    assert.equal(problemOf(error), "The service does not answer.");
    return true;
  });
});
