/** The panel in which students switch their camera on and see what was sent. */

import { percent, t, tn } from "../texts.js";
import { EXPRESSIONS } from "../expressions.js";
import { Camera } from "./camera.js";
import { fetchSettings, isMobile } from "./settings.js";

/** @typedef {import("./camera.js").Trouble} Trouble */
/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./parameters.js").Settings} Settings */

/** @type {Record<Trouble, string>} */
const TROUBLES = {
  insecure: t("Browsers give the camera only to pages over HTTPS, or on this computer. Ask the person who runs this service for its HTTPS address, or go on without a camera."),
  unsupported: t("This browser cannot read faces. Update it, use another one, or go on without a camera."),
  denied: t("The browser may not use the camera. Allow it beside the address of this page, or in the system's settings, and start again; or go on without a camera."),
  missing: t("No camera was found."),
  busy: t("The camera cannot be opened: another program may be using it, such as the call itself. Some systems share a camera and some do not. Close the other program, or go on without a camera."),
  failed: t("The program that reads faces does not run in this browser. Load the page again, or go on without a camera."),
  gone: t("The camera was unplugged or switched off."),
};

/** @type {Record<string, string>} Texts by the reasons of the protocol. */
const REASONS = {
  "no face": t("no face is found"),
  "too small": t("the face is too small: come closer"),
  "cut off by the picture's edge": t("the face is cut off by the picture's edge"),
  "too dark": t("it is too dark"),
  "too bright": t("it is too bright"),
  "no contrast": t("there is no contrast"),
  blurred: t("the picture is blurred"),
  "turned away": t("the face is turned away"),
  tilted: t("the head is tilted too far"),
  covered: t("a part of the face is covered"),
};

/** The camera panel of a page. */
export class CameraPanel {
  /**
   * @param {HTMLElement} root The element from the template `student_camera.html.j2`.
   * @param {(message: Message) => string | null} send Sends a reading, and returns the exact text
   *   that was sent; null if nothing is sent at present.
   * @param {(isOn: boolean) => void} [onSwitch] Called when the student switches the camera on or
   *   off.
   */
  constructor(root, send, onSwitch = () => undefined) {
    this.send = send;
    this.onSwitch = onSwitch;
    this.parts = {
      start: part(root, "start", HTMLButtonElement),
      stop: part(root, "stop", HTMLButtonElement),
      status: part(root, "status", HTMLElement),
      trouble: part(root, "trouble", HTMLElement),
      hint: part(root, "hint", HTMLElement),
      sent: part(root, "sent", HTMLElement),
      raw: part(root, "raw", HTMLElement),
      preview: part(root, "preview", HTMLVideoElement),
    };
    this.camera = new Camera(this.parts.preview, {
      onReading: (message, others) => this.show(message, others),
      onTrouble: (trouble) => this.complain(trouble),
      onReady: () => this.say(t("Your camera is read on this device.")),
    });
    this.parts.start.addEventListener("click", () => this.start());
    this.parts.stop.addEventListener("click", () => this.stop());
    this.parts.hint.textContent = hint();
    /** @type {Promise<Settings> | null} */
    this.settings = null;
    /** @type {string[]} */
    this.labels = [];
    this.threshold = 0;
    // Enable the button only now, because a click before would have no effect.
    this.parts.start.disabled = false;
  }

  /** Switch the camera on. */
  async start() {
    this.explain("");
    this.offer("stop", "start");
    this.say(t("Loading about 7.5 MB, once."));
    await this.camera.start(this.load());
    this.parts.preview.hidden = !this.camera.isOn;
    if (this.camera.isOn) {
      this.onSwitch(true);
    }
  }

  /** Load and open the nets in advance, for a student who may switch the camera on. */
  prepare() {
    this.camera.prepare(this.load());
  }

  /** @returns {Promise<Settings>} The settings, which are fetched once, or again after a failure. */
  load() {
    const settings = (this.settings ??= fetchSettings());
    settings.then(
      ({ parameters: { labels, threshold } }) => Object.assign(this, { labels, threshold }),
      () => (this.settings = null),
    );
    return settings;
  }

  /** Switch the camera off. */
  stop() {
    this.camera.stop();
    this.offer("start", "stop");
    this.explain("");
    this.parts.preview.hidden = true;
    this.parts.sent.textContent = "";
    this.parts.raw.textContent = "";
    this.say(t("Your camera is off."));
    this.onSwitch(false);
  }

  /**
   * Show one button in place of the other, and move the focus to it if the other had the focus.
   * @param {"start" | "stop"} shown
   * @param {"start" | "stop"} hidden
   */
  offer(shown, hidden) {
    const had = document.activeElement === this.parts[hidden];
    this.parts[shown].hidden = false;
    this.parts[hidden].hidden = true;
    if (had) this.parts[shown].focus();
  }

  /** @param {number} every Time from one reading to the next, ms. */
  setPace(every) {
    this.camera.setPace(every);
  }

  /**
   * Send a reading, and show what was sent.
   * @param {Message} message
   * @param {number} others Number of other faces in the picture.
   */
  show(message, others) {
    const text = this.send(message);
    if (text === null) {
      this.parts.sent.textContent = t("Nothing is sent at present.");
      this.parts.raw.textContent = "";
      return;
    }
    this.parts.sent.textContent = this.describe(message, others);
    this.parts.raw.textContent = text;
  }

  /**
   * Return a text about what was sent, and about other faces that were not read.
   * @param {Message} message
   * @param {number} others Number of other faces in the picture.
   * @returns {string}
   */
  describe(message, others) {
    const unread = others
      ? ` ${tn("Another face is seen but not read.", "{n} other faces are seen but not read.", others)}`
      : "";
    if (!message.p) {
      return t("Your face is not read: {reason}.", { reason: REASONS[message.why ?? ""] ?? "" }) + unread;
    }
    const confidence = Math.max(...message.p) / 10_000;
    const name = this.labels[message.p.indexOf(Math.max(...message.p))] ?? "";
    const expression = EXPRESSIONS[name] ?? name;
    const text =
      confidence < this.threshold
        ? t("Last reading: unsure, {expression} {share}.", { expression, share: percent(confidence) })
        : t("Last reading: {expression} {share}.", { expression, share: percent(confidence) });
    return text + unread;
  }

  /**
   * Stop the camera, and show why it is not read.
   * @param {Trouble} trouble
   */
  complain(trouble) {
    this.stop();
    this.explain(TROUBLES[trouble]);
  }

  /** @param {string} text Why the camera is not read; empty if nothing is wrong. */
  explain(text) {
    this.parts.trouble.textContent = text;
    this.parts.trouble.hidden = text === "";
  }

  /** @param {string} text */
  say(text) {
    this.parts.status.textContent = text;
  }
}

/** @returns {string} Advice for people on phones or on battery. */
function hint() {
  return isMobile(navigator)
    ? t("Phones stop the camera of a page that is not in front: keep this page open and the screen on. Reading uses the battery; switch it off whenever you like.")
    : t("You may put other windows in front of this page. Reading takes about a tenth of one processor core; on battery, switch it off whenever you like.");
}

/**
 * Return the element with a name within a panel.
 * @template {HTMLElement} T
 * @param {HTMLElement} root
 * @param {string} name Value of the attribute `data-part`.
 * @param {new () => T} type
 * @returns {T}
 */
function part(root, name, type) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof type)) {
    throw new Error(`the page has no part ${name}`);
  }
  return found;
}
