import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { load } from "./pages.mjs";

const { Camera, findObstacle, troubleOf } = await load("student/camera.js");
const { isMobile, mayLoadAhead } = await load("student/settings.js");

const ABLE = { isSecureContext: true, OffscreenCanvas: class {}, WebAssembly };

function browser(window, devices) {
  globalThis.window = window;
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: devices }, configurable: true });
}

afterEach(() => delete globalThis.window);

test("a page without HTTPS is reported as insecure before a camera is requested", () => {
  browser({ ...ABLE, isSecureContext: false }, undefined);
  assert.equal(findObstacle(), "insecure");
});

test("a browser without a required function is reported as unsupported", () => {
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
  test(`a camera that fails with ${name} is reported as ${trouble}`, () => {
    assert.equal(troubleOf(new DOMException("", name)), trouble);
  });
}

/** A fake worker of the student page, which records its orders. */
class FakeWorker {
  static opened = [];
  asked = [];
  constructor() {
    FakeWorker.opened.push(this);
  }
  postMessage(order) {
    this.asked.push(order.kind);
  }
  tell(fact) {
    this.onmessage({ data: fact });
  }
}

/** Return a camera that is loading its nets ahead, and the list of the problems that it reports. */
function prepared(devices = {}) {
  FakeWorker.opened = [];
  globalThis.Worker = FakeWorker;
  browser(ABLE, devices);
  const told = [];
  const camera = new Camera({}, { onTrouble: (trouble) => told.push(trouble), onReady: () => undefined });
  camera.prepare(Promise.resolve({}));
  return { camera, told };
}

test("nets that fail to load before the camera is started are not reported", () => {
  const { camera, told } = prepared();
  FakeWorker.opened[0].tell({ kind: "failed", problem: "no memory" });
  assert.deepEqual(told, []);
  assert.equal(FakeWorker.opened[0].asked.at(-1), "end");
  assert.equal(camera.worker, null);
});

test("nets that failed to load ahead are loaded again when the camera starts, and then reported", async () => {
  const { camera, told } = prepared({ getUserMedia: () => new Promise(() => undefined) });
  FakeWorker.opened[0].onerror();
  camera.start(Promise.resolve({}));
  assert.equal(FakeWorker.opened.length, 2);
  FakeWorker.opened[1].tell({ kind: "failed", problem: "no memory" });
  assert.deepEqual(told, ["failed"]);
  // A later failure while loading ahead is not reported.
  camera.prepare(Promise.resolve({}));
  FakeWorker.opened[2].onerror();
  assert.deepEqual(told, ["failed"]);
});

/** A fake video track of a camera. */
class FakeTrack {
  stopped = false;
  asked = null;
  addEventListener() {}
  stop() {
    this.stopped = true;
  }
  clone() {
    return (this.copy = new FakeTrack());
  }
  async applyConstraints(asked) {
    this.asked = asked;
    throw new DOMException("", "OverconstrainedError");
  }
}
globalThis.MediaStream = class {
  constructor(tracks) {
    this.getTracks = this.getVideoTracks = () => tracks;
  }
};

for (const hasFrames of [true, false]) {
  test(`the preview is drawn ${hasFrames ? "at most 5 times a second" : "for every frame"} and stops with the camera`, async () => {
    const track = new FakeTrack();
    const { camera } = prepared({ getUserMedia: async () => new MediaStream([track]) });
    const preview = { readyState: 0, play: async () => undefined };
    globalThis.HTMLMediaElement = { HAVE_CURRENT_DATA: 2 };
    camera.preview = preview;
    if (hasFrames) globalThis.window = { ...ABLE, MediaStreamTrackProcessor: class { readable = {}; } };
    await camera.start(Promise.resolve({}));
    const [shown] = preview.srcObject.getTracks();
    assert.equal(shown, hasFrames ? track.copy : track);
    if (hasFrames) assert.deepEqual(shown.asked, { frameRate: { max: 5 } });
    assert.equal(FakeWorker.opened[0].asked.includes("frames"), hasFrames);
    camera.stop();
    assert.ok(track.stopped && shown.stopped);
    assert.equal(preview.srcObject, null);
  });
}

test("phones and tablets are recognised as mobile devices", () => {
  const phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36";
  const laptop = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
  assert.equal(isMobile({ userAgent: phone }), true);
  assert.equal(isMobile({ userAgent: laptop }), false);
  assert.equal(isMobile({ userAgent: laptop, userAgentData: { mobile: true } }), true);
});

const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

test("nets are loaded ahead on computers, but not on mobile devices or while saving data", () => {
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, connection: {} }), true);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP }), true);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, userAgentData: { mobile: true } }), false);
  assert.equal(mayLoadAhead({ userAgent: LAPTOP, connection: { saveData: true } }), false);
});
