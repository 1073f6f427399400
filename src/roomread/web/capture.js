// Pictures of the visitor's camera, taken while a button is held.

const EVERY = 500;
const MOST = 10;

const PROBLEMS = {
  NotAllowedError: "denied",
  NotFoundError: "missing",
  NotReadableError: "busy",
};

class Camera {
  constructor(root, taken) {
    this.root = root;
    this.taken = taken;
    const find = (name) => root.querySelector(`.${name}`);
    [this.video, this.on, this.hold, this.said] = ["preview", "on", "hold", "said"].map(find);
    this.canvas = document.createElement("canvas");
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
      this.said.textContent = this.texts[PROBLEMS[error.name] ?? "other"];
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
    this.canvas.getContext("2d").drawImage(this.video, 0, 0);
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

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".capture");
  root.camera ??= new Camera(root, (pictures) => root.send(pictures));
  root.send = (pictures) => setTriggerValue("pictures", pictures);
  root.camera.update(data.texts);
  return () => root.camera.stop();
}
