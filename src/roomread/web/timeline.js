// The charts of a lesson on one time axis. The chosen moment is marked in all of them, and a video is
// moved to it.

/**
 * @typedef {object} Data
 * @property {Record<string, string>} texts Texts by name.
 * @property {{title: string, svg: string}[]} charts
 * @property {[number, number]} span Start and end of the axis, s.
 * @property {number} left Left margin of the charts, px.
 * @property {number} right Right margin of the charts, px.
 * @property {number} width Width of the charts, px.
 * @property {number[]} times Times of the described moments, s.
 * @property {string[]} words Description of each of these moments.
 */

/** @param {number} seconds */
const clock = (seconds) => {
  const whole = Math.round(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

/**
 * Return the index of the last moment that is not after a time.
 * @param {number[]} times
 * @param {number} time
 */
const indexAt = (times, time) => {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
};

class Timeline {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {number | null} */
    this.at = null;
    this.dragging = false;
    this.drawn = "";
    this.url = "";
    /** @type {SVGPathElement[]} */
    this.cursors = [];
    this.charts = part(root, ".charts", HTMLElement);
    this.range = part(root, ".moment", HTMLInputElement);
    this.readout = part(root, ".readout", HTMLElement);
    this.video = part(root, ".video", HTMLVideoElement);
    this.offset = part(root, ".offset", HTMLInputElement);
    this.range.addEventListener("input", () => this.choose(Number(this.range.value)));
    this.charts.addEventListener("pointerdown", (event) => {
      this.dragging = true;
      this.chooseAt(event);
    });
    this.charts.addEventListener("pointermove", (event) => {
      if (this.dragging && event.buttons) this.chooseAt(event);
    });
    this.charts.addEventListener("pointerup", () => (this.dragging = false));
    const file = part(root, ".file", HTMLInputElement);
    file.addEventListener("change", () => this.open(file.files?.[0]));
    this.video.addEventListener("timeupdate", () => {
      if (!this.video.paused) this.show(this.video.currentTime - this.shift());
    });
    this.offset.addEventListener("change", () => this.seek());
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    for (const element of this.root.querySelectorAll("[data-text]")) {
      element.textContent = data.texts[element.getAttribute("data-text") ?? ""];
    }
    const drawn = data.charts.map(({ svg }) => `<figure><figcaption></figcaption>${svg}</figure>`);
    if (this.drawn !== drawn.join("")) {
      this.drawn = drawn.join("");
      this.charts.innerHTML = this.drawn;
      this.charts.querySelectorAll("figcaption").forEach((caption, n) => {
        caption.textContent = data.charts[n].title;
      });
      this.cursors = [...this.charts.querySelectorAll("svg")].map((svg) => {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
        line.setAttribute("stroke", "currentColor");
        line.setAttribute("stroke-width", "1.5");
        line.setAttribute("class", "cursor");
        svg.append(line);
        return line;
      });
    }
    const [start, end] = data.span;
    Object.assign(this.range, { min: start, max: end, step: 1 });
    this.show(this.at ?? start);
  }

  shift() {
    return Number(this.offset.value) || 0;
  }

  /**
   * Choose the moment under the pointer; the margins of all charts are equal.
   * @param {PointerEvent} event
   */
  chooseAt(event) {
    const svg = event.target instanceof Element ? event.target.closest("svg") : null;
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    const { left, right, width, span } = this.data;
    const x = ((event.clientX - box.left) / box.width) * width;
    const share = Math.min(Math.max((x - left) / (width - right - left), 0), 1);
    this.choose(span[0] + share * (span[1] - span[0]));
  }

  /** @param {number} time */
  choose(time) {
    this.show(time);
    this.seek();
  }

  seek() {
    if (this.video.hidden || this.at === null) return;
    this.video.currentTime = Math.max(this.at + this.shift(), 0);
  }

  /** @param {File | undefined} file */
  open(file) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.video.hidden = !file;
    this.root.classList.toggle("with-video", Boolean(file));
    if (!file) return;
    this.url = URL.createObjectURL(file);
    this.video.src = this.url;
    this.video.addEventListener("loadedmetadata", () => this.seek(), { once: true });
  }

  /** @param {number} time */
  show(time) {
    const { left, right, width, span, times, words } = this.data;
    this.at = Math.min(Math.max(time, span[0]), span[1]);
    const share = (this.at - span[0]) / Math.max(span[1] - span[0], 1e-9);
    const x = left + share * (width - right - left);
    for (const line of this.cursors) {
      const height = line.ownerSVGElement?.viewBox.baseVal.height;
      line.setAttribute("d", `M${x.toFixed(1)},0 V${height}`);
    }
    this.range.value = String(Math.round(this.at));
    const said = times.length ? words[indexAt(times, this.at)] : "";
    this.readout.textContent = `${clock(this.at)} ${said}`;
    this.range.setAttribute("aria-valuetext", this.readout.textContent);
  }
}

/** @param {{data: Data, parentElement: HTMLElement}} component */
export default function ({ data, parentElement }) {
  /** @type {HTMLElement & {timeline?: Timeline}} */
  const root = part(parentElement, ".timeline", HTMLElement);
  root.timeline ??= new Timeline(root, data);
  root.timeline.update(data);
}
