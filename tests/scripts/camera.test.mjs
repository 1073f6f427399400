import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { load } from "./pages.mjs";

const { findObstacle, troubleOf } = await load("student/camera.js");
const { isMobile, mayLoadAhead } = await load("student/settings.js");

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

test("nets are loaded ahead on computers, and not where data may be dear", () => {
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, connection: {} }), true);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP }), true);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, userAgentData: { mobile: true } }), false);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, connection: { saveData: true } }), false);
});
