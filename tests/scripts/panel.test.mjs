import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

/** An element of a page with what the panel uses of it. */
class FakeElement {
  hidden = false;
  disabled = false;
  textContent = "";
  addEventListener() {}
  focus() {}
}
globalThis.HTMLElement = FakeElement;
globalThis.HTMLButtonElement = class extends FakeElement {};
globalThis.HTMLVideoElement = class extends FakeElement {};
globalThis.document = { activeElement: null, documentElement: { lang: "en", dataset: {} } };
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "" }, configurable: true });
// A page without HTTPS cannot read any camera.
globalThis.window = { isSecureContext: false };
globalThis.fetch = async () => ({ ok: true, json: async () => ({ parameters: { labels: [], threshold: 0 } }) });
const { CameraPanel } = await load("student/panel.js");

function made() {
  const parts = new Map();
  const types = { start: HTMLButtonElement, stop: HTMLButtonElement, preview: HTMLVideoElement };
  const querySelector = (selector) => {
    const name = /data-part="(.*)"/.exec(selector)[1];
    parts.set(name, new (types[name] ?? FakeElement)());
    return parts.get(name);
  };
  return { panel: new CameraPanel({ querySelector }, () => null), parts };
}

test("why a camera is not read is said until it is tried again or no longer wanted", async () => {
  const { panel, parts } = made();
  const trouble = parts.get("trouble");
  for (const next of [() => panel.stop(), () => void panel.start()]) {
    await panel.start();
    assert.match(trouble.textContent, /only to pages over HTTPS/);
    assert.equal(trouble.hidden, false);
    panel.camera.start = async () => undefined;
    next();
    assert.equal(trouble.textContent, "");
    assert.equal(trouble.hidden, true);
    delete panel.camera.start;
  }
});
