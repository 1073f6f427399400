/** The student's camera: asks for it, hands its frames to the worker, and lets go of it. */

import { framesOf } from "../frames.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./orders.js").Fact} Fact */
/** @typedef {import("./orders.js").Order} Order */
/** @typedef {import("./parameters.js").Settings} Settings */

/**
 * @typedef {"insecure" | "unsupported" | "denied" | "missing" | "busy" | "failed" | "gone"} Trouble
 * Why the camera is not read: no HTTPS; the browser lacks what is needed; the student or the
 * system refused; there is no camera; another program has it; the nets do not run; it was unplugged
 * or switched off.
 */

/**
 * @typedef {object} Listener
 * @property {(message: Message, others: number) => void} onReading Others: the number of other
 *   faces that were seen.
 * @property {(trouble: Trouble) => void} onTrouble It has stopped, and can be started again.
 * @property {() => void} onReady The first reading follows.
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

/** Pictures a second of the preview, which are dear to draw where no graphics card helps. */
const SHOWN_RATE = 5;

export class Camera {
  /**
   * @param {HTMLVideoElement} preview Shows the student their own picture, on this device.
   * @param {Listener} listener
   */
  constructor(preview, listener) {
    this.preview = preview;
    this.listener = listener;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {MediaStream | null} What the preview shows. */
    this.shown = null;
    this.every = 500;
    /** Whether the student wants the camera to be read: a failure before that bothers nobody. */
    this.wanted = false;
    /** Whether the nets are open. */
    this.ready = false;
    /** @type {(() => void) | null} Sends the worker a frame, where it gets no stream of them. */
    this.asked = null;
  }

  /** @returns {boolean} Whether the camera is on. */
  get isOn() {
    return this.stream !== null;
  }

  /**
   * Load and open the nets, before the camera is switched on.
   *
   * @param {Promise<Settings>} settings
   */
  prepare(settings) {
    if (!this.worker && findObstacle() === null) {
      this.open(settings);
    }
  }

  /**
   * Ask for the camera and read it until `stop`.
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
    // The nets load while the student answers the browser's question.
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
      // Stopped in the meantime.
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.fail("gone"));
    // Where the frames to read come from the preview, it must have the newest ones.
    this.shown = this.feed(worker, track) ? slowed(track) : stream;
    this.preview.srcObject = this.shown;
    await this.preview.play().catch(() => undefined);
    if (this.ready) {
      this.listener.onReady();
    }
  }

  /** Let go of the camera; nothing is read any more. */
  stop() {
    // The stream of frames ends with the camera, and the worker once it has freed the last of them.
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
   * Let go of the camera. What was only loaded ahead is loaded again once it is wanted.
   * @param {Trouble} trouble
   */
  fail(trouble) {
    const { wanted } = this;
    this.stop();
    if (wanted) this.listener.onTrouble(trouble);
  }

  /**
   * Give the worker the frames: as a stream where the browser has that, else one when it asks.
   *
   * @param {Worker} worker
   * @param {MediaStreamTrack} track
   * @returns {boolean} Whether it gets a stream; otherwise the frames are those of the preview.
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
 * @param {MediaStreamTrack} track
 * @returns {MediaStream} The same camera with fewer pictures a second.
 */
function slowed(track) {
  const copy = track.clone();
  // A browser that cannot slow down a copy shows it as it is.
  copy.applyConstraints({ frameRate: { max: SHOWN_RATE } }).catch(() => undefined);
  return new MediaStream([copy]);
}

/**
 * @param {Worker} worker
 * @param {Order} asked
 * @param {Transferable[]} [transferred]
 */
function order(worker, asked, transferred = []) {
  worker.postMessage(asked, transferred);
}

/** @returns {Trouble | null} What keeps any camera from being read here. */
export function findObstacle() {
  if (!window.isSecureContext) {
    return "insecure";
  }
  const able = "OffscreenCanvas" in window && "WebAssembly" in window && navigator.mediaDevices;
  return able ? null : "unsupported";
}

/**
 * @param {unknown} error Of `getUserMedia`.
 * @returns {Trouble}
 */
export function troubleOf(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "denied";
  }
  return name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "busy";
}
