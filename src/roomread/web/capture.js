// Pictures of the visitor's camera, taken while a button is held.

// Milliseconds between two pictures.
const EVERY = 500;
// Maximum number of pictures while the button is held once.
const MOST = 10;

/** @typedef {Record<string, string>} Texts Texts by name. */

/** @type {Record<string, string>} Name of the text for each error of the browser. */
const PROBLEMS = {
  NotAllowedError: "denied",
  NotFoundError: "missing",
  NotReadableError: "busy",
};

class Camera {
  /**
   * @param {HTMLElement} root
   * @param {Texts} texts
   */
  constructor(root, texts) {
    /** @type {(pictures: string[]) => void} Called with the pictures that were taken, as JPEG in base64. */
    this.taken = () => undefined;
    this.texts = texts;
    this.video = part(root, ".preview", HTMLVideoElement);
    this.on = part(root, ".on", HTMLElement);
    this.hold = part(root, ".hold", HTMLElement);
    this.said = part(root, ".said", HTMLElement);
    this.canvas = document.createElement("canvas");
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {ReturnType<typeof setInterval> | null} */
    this.timer = null;
    /** @type {string[]} */
    this.pictures = [];
    this.on.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
    this.hold.addEventListener("pointerdown", () => this.begin());
    for (const name of ["pointerup", "pointercancel", "pointerleave", "blur"])
      this.hold.addEventListener(name, () => this.end());
    this.hold.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.begin();
    });
    this.hold.addEventListener("keyup", () => this.end());
  }

  /** @param {Texts} texts */
  update(texts) {
    this.texts = texts;
    this.hold.textContent = texts.hold;
    this.on.textContent = this.stream ? texts.off : texts.on;
  }

  async start() {
    this.said.textContent = "";
    try {
      const video = { width: { ideal: 640 }, height: { ideal: 480 } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch (error) {
      this.said.textContent = this.texts[PROBLEMS[error instanceof Error ? error.name : ""] ?? "other"];
      return;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.video.hidden = this.hold.hidden = false;
    this.update(this.texts);
  }

  stop() {
    this.end();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.hidden = this.hold.hidden = true;
    this.update(this.texts);
  }

  begin() {
    if (!this.stream || this.timer) return;
    this.pictures = [];
    this.take();
    this.timer = setInterval(() => this.take(), EVERY);
  }

  take() {
    if (this.pictures.length >= MOST) return this.end();
    this.canvas.width = this.video.videoWidth;
    this.canvas.height = this.video.videoHeight;
    this.canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    this.pictures.push(this.canvas.toDataURL("image/jpeg", 0.9).split(",")[1]);
    this.said.textContent = String(this.pictures.length);
  }

  end() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.said.textContent = "";
    this.taken(this.pictures);
  }
}

/** @param {{data: {texts: Texts}, parentElement: HTMLElement, setTriggerValue: (name: string, value: string[]) => void}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  /** @type {HTMLElement & {camera?: Camera}} */
  const root = part(parentElement, ".capture", HTMLElement);
  const camera = (root.camera ??= new Camera(root, data.texts));
  camera.taken = (pictures) => setTriggerValue("pictures", pictures);
  camera.update(data.texts);
  return () => camera.stop();
}
