/** Open the student's camera, transfer its frames to the worker, and close it. */

import { framesOf } from "../frames.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./orders.js").Fact} Fact */
/** @typedef {import("./orders.js").Order} Order */
/** @typedef {import("./parameters.js").Settings} Settings */

/**
 * @typedef {"insecure" | "unsupported" | "denied" | "missing" | "busy" | "failed" | "gone"} Trouble
 * Why the camera is not read. In this order: the page has no HTTPS, the browser lacks a feature, the
 * student or the system denied access, there is no camera, another program uses it, the nets do not
 * run, or the camera was unplugged or switched off.
 */

/**
 * @typedef {object} Listener
 * @property {(message: Message, others: number) => void} onReading Called with each reading and the
 *   number of other faces in the picture.
 * @property {(trouble: Trouble) => void} onTrouble Called when the camera stops because of a
 *   problem; it can be started again.
 * @property {() => void} onReady Called before the first reading.
 */

const WANTED = {
  audio: false,
  video: {
    width: { ideal: 640 },
    height: { ideal: 480 },
    frameRate: { ideal: 10 },
    facingMode: "user",
  },
};

/** Frames per second of the preview, low because drawing is slow without a graphics card. */
const SHOWN_RATE = 5;

/** The student's camera, read by a worker. */
export class Camera {
  /**
   * @param {HTMLVideoElement} preview The element in which students see their own picture.
   * @param {Listener} listener
   */
  constructor(preview, listener) {
    this.preview = preview;
    this.listener = listener;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {MediaStream | null} The stream that the preview shows. */
    this.shown = null;
    this.every = 500;
    /** Whether the student has started the camera; failures before that are not reported. */
    this.wanted = false;
    /** Whether the nets are open. */
    this.ready = false;
    /** @type {(() => void) | null} Sends a single frame to the worker, if it has no stream of frames. */
    this.asked = null;
  }

  /** @returns {boolean} Whether the camera is on. */
  get isOn() {
    return this.stream !== null;
  }

  /**
   * Load and open the nets before the camera is switched on.
   *
   * @param {Promise<Settings>} settings
   */
  prepare(settings) {
    if (!this.worker && findObstacle() === null) {
      this.open(settings);
    }
  }

  /**
   * Switch the camera on, and read it until `stop`.
   *
   * @param {Promise<Settings>} settings
   */
  async start(settings) {
    const obstacle = findObstacle();
    if (obstacle) {
      this.listener.onTrouble(obstacle);
      return;
    }
    this.wanted = true;
    // Load the nets while the browser asks the student for permission.
    const worker = this.worker ?? this.open(settings);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch (error) {
      if (this.worker === worker) {
        this.stop();
        this.listener.onTrouble(troubleOf(error));
      }
      return;
    }
    if (this.worker !== worker) {
      // The camera was stopped in the meantime.
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.fail("gone"));
    // Do not slow the preview down if the frames to read come from it.
    this.shown = this.feed(worker, track) ? slowed(track) : stream;
    this.preview.srcObject = this.shown;
    await this.preview.play().catch(() => undefined);
    if (this.ready) {
      this.listener.onReady();
    }
  }

  /** Switch the camera off, and end the worker. */
  stop() {
    // The stream of frames ends with the camera. The worker ends once it has freed all frames.
    for (const track of [this.stream, this.shown].flatMap((each) => each?.getTracks() ?? [])) {
      track.stop();
    }
    if (this.worker) {
      order(this.worker, { kind: "end" });
    }
    this.worker = null;
    this.wanted = false;
    this.ready = false;
    this.stream = this.shown = null;
    this.preview.srcObject = null;
  }

  /** @param {number} every Time from one reading to the next, ms. */
  setPace(every) {
    this.every = every;
    if (this.worker) {
      order(this.worker, { kind: "every", every });
    }
  }

  /**
   * @param {Promise<Settings>} settings
   * @returns {Worker} The worker, which opens the nets once it has the settings.
   */
  open(settings) {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker = worker;
    worker.onmessage = (event) => this.take(worker, event.data);
    worker.onerror = () => this.fail("failed");
    settings.then(
      (known) => order(worker, { kind: "open", settings: known, every: this.every }),
      () => worker === this.worker && this.fail("failed"),
    );
    return worker;
  }

  /**
   * @param {Worker} worker
   * @param {Fact} fact
   */
  take(worker, fact) {
    if (worker !== this.worker) {
      return;
    }
    if (fact.kind === "reading") {
      this.listener.onReading(fact.message, fact.others);
    } else if (fact.kind === "ready") {
      this.ready = true;
      if (this.isOn) {
        this.listener.onReady();
      }
    } else if (fact.kind === "failed") {
      this.fail("failed");
    } else {
      this.asked?.();
    }
  }

  /**
   * Stop because of a problem, and report it if the student has started the camera.
   * @param {Trouble} trouble
   */
  fail(trouble) {
    const { wanted } = this;
    this.stop();
    if (wanted) this.listener.onTrouble(trouble);
  }

  /**
   * Send frames to the worker, as a stream if the browser has streams of frames, else on request.
   *
   * @param {Worker} worker
   * @param {MediaStreamTrack} track
   * @returns {boolean} Whether the worker gets a stream; otherwise frames are taken from the preview.
   */
  feed(worker, track) {
    this.asked = null;
    const readable = framesOf(track);
    if (readable) {
      order(worker, { kind: "frames", readable }, [readable]);
      return true;
    }
    const video = this.preview;
    this.asked = async () => {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        const bitmap = await createImageBitmap(video);
        order(worker, { kind: "frame", bitmap }, [bitmap]);
      }
    };
    this.asked();
    return false;
  }
}

/**
 * Return a stream of the same camera with fewer frames per second.
 * @param {MediaStreamTrack} track
 * @returns {MediaStream}
 */
function slowed(track) {
  const copy = track.clone();
  // A browser that cannot slow the copy down shows it at full rate.
  copy.applyConstraints({ frameRate: { max: SHOWN_RATE } }).catch(() => undefined);
  return new MediaStream([copy]);
}

/**
 * Send a message to a worker.
 * @param {Worker} worker
 * @param {Order} asked
 * @param {Transferable[]} [transferred]
 */
function order(worker, asked, transferred = []) {
  worker.postMessage(asked, transferred);
}

/** @returns {Trouble | null} The reason why no camera can be read on this page; null if one can. */
export function findObstacle() {
  if (!window.isSecureContext) {
    return "insecure";
  }
  const able = "OffscreenCanvas" in window && "WebAssembly" in window && navigator.mediaDevices;
  return able ? null : "unsupported";
}

/**
 * Return the reason for which `getUserMedia` failed.
 * @param {unknown} error
 * @returns {Trouble}
 */
export function troubleOf(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "denied";
  }
  return name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "busy";
}
