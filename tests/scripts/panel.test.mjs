import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./pages.mjs";

/** A fake element with the attributes and methods that the panel uses. */
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

test("the problem of a camera is shown until the camera is started again or stopped", async () => {
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
