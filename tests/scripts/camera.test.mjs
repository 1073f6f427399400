import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { load } from "./pages.mjs";

const { findObstacle, troubleOf } = await load("student/camera.js");
const { isMobile, loadAhead } = await load("student/settings.js");

const ABLE = { isSecureContext: true, OffscreenCanvas: class {}, WebAssembly };

function browser(window, devices) {
  globalThis.window = window;
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: devices }, configurable: true });
}

afterEach(() => delete globalThis.window);

test("a page without HTTPS says so before it asks for a camera", () => {
  browser({ ...ABLE, isSecureContext: false }, undefined);
  assert.equal(findObstacle(), "insecure");
});

test("a browser that lacks what is needed is told from one that may read", () => {
  browser(ABLE, {});
  assert.equal(findObstacle(), null);
  browser(ABLE, undefined);
  assert.equal(findObstacle(), "unsupported");
  for (const missing of ["OffscreenCanvas", "WebAssembly"]) {
    const window = { ...ABLE };
    delete window[missing];
    browser(window, {});
    assert.equal(findObstacle(), "unsupported");
  }
});

const NAMES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};
for (const [name, trouble] of Object.entries(NAMES)) {
  test(`a camera that fails with ${name} is ${trouble}`, () => {
    assert.equal(troubleOf(new DOMException("", name)), trouble);
  });
}

test("phones and tablets are told that their camera stops behind other pages", () => {
  const phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36";
  const laptop = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
  assert.equal(isMobile({ userAgent: phone }), true);
  assert.equal(isMobile({ userAgent: laptop }), false);
  assert.equal(isMobile({ userAgent: laptop, userAgentData: { mobile: true } }), true);
});

const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const NETS = { shallow: "/s", deep: "/d", covers: "/c", expressions: "/e" };

test("files are loaded ahead on computers, and not where data may be dear", async (context) => {
  const settings = { runtime: "/r", wasm: "/w", nets: NETS };
  const asked = [];
  context.mock.method(globalThis, "fetch", async (url) => {
    asked.push(url);
    return { ok: true, json: async () => settings, arrayBuffer: async () => new ArrayBuffer(0) };
  });
  await loadAhead({ userAgent: LAPTOP, userAgentData: { mobile: true } });
  await loadAhead({ userAgent: LAPTOP, connection: { saveData: true } });
  assert.deepEqual(asked, []);
  await loadAhead({ userAgent: LAPTOP, connection: {} });
  assert.deepEqual(asked.sort(), ["/assets/reader", "/c", "/d", "/e", "/r", "/s", "/w"]);
});

test("a failure to load ahead is left to the switch of the camera", async (context) => {
  context.mock.method(globalThis, "fetch", async () => Promise.reject(new TypeError("offline")));
  await loadAhead({ userAgent: LAPTOP });
});
