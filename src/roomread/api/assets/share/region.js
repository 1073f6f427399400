/**
 * The part of the preview that is read, which is drawn with a pointer or changed with arrow keys.
 * @module
 */

/** Minimum width and height of the part, as a fraction; a smaller drawing is ignored as accidental. */
const SMALLEST = 0.05;
const STEP = 0.02;
const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/** @typedef {import("./orders.js").Part} Part */

/** The chosen part of the preview. */
export class Region {
  /** @type {Part} */
  part = { ...WHOLE };

  /**
   * @param {HTMLElement} stage The element that contains the preview.
   * @param {HTMLElement} frame The focusable element that shows the part.
   * @param {(part: Part) => void} onChange Called with the part once it is chosen.
   */
  constructor(stage, frame, onChange) {
    this.stage = stage;
    this.frame = frame;
    this.onChange = onChange;
    stage.addEventListener("pointerdown", (event) => this.#draw(event));
    frame.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Choose the whole preview. */
  reset() {
    this.#set({ ...WHOLE }, true);
  }

  /** @param {PointerEvent} event */
  #draw(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const from = this.#place(event);
    const before = this.part;
    /** @param {PointerEvent} moved */
    const move = (moved) => this.#set(between(from, this.#place(moved)), false);
    const end = () => {
      this.stage.removeEventListener("pointermove", move);
      const small = this.part.width < SMALLEST || this.part.height < SMALLEST;
      this.#set(small ? before : this.part, true);
      this.frame.focus({ preventScroll: true });
    };
    this.stage.addEventListener("pointermove", move);
    this.stage.addEventListener("pointerup", end, { once: true });
    this.stage.addEventListener("pointercancel", end, { once: true });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const part = { ...this.part };
    if (event.shiftKey) {
      part.width = clamp(part.width + dx * STEP, SMALLEST, 1 - part.x);
      part.height = clamp(part.height + dy * STEP, SMALLEST, 1 - part.y);
    } else {
      part.x = clamp(part.x + dx * STEP, 0, 1 - part.width);
      part.y = clamp(part.y + dy * STEP, 0, 1 - part.height);
    }
    this.#set(part, true);
  }

  /**
   * @param {PointerEvent} event
   * @returns {{ x: number, y: number }} The position as fractions of the preview's size.
   */
  #place(event) {
    const box = this.stage.getBoundingClientRect();
    return {
      x: clamp((event.clientX - box.left) / box.width, 0, 1),
      y: clamp((event.clientY - box.top) / box.height, 0, 1),
    };
  }

  /**
   * @param {Part} part
   * @param {boolean} done Whether the part is chosen; false while it is being drawn.
   */
  #set(part, done) {
    this.part = part;
    lay(this.frame, part);
    if (done) this.onChange(part);
  }
}

/**
 * Put an element over a part of the preview.
 * @param {HTMLElement | SVGElement} element
 * @param {Part} part
 */
export function lay(element, part) {
  element.style.left = `${100 * part.x}%`;
  element.style.top = `${100 * part.y}%`;
  element.style.width = `${100 * part.width}%`;
  element.style.height = `${100 * part.height}%`;
}

/**
 * Return the rectangle between two corners.
 * @param {{ x: number, y: number }} a
 * @param {{ x: number, y: number }} b
 * @returns {Part}
 */
function between(a, b) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

/**
 * Return the nearest value in a range.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
