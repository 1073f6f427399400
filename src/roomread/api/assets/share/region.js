/**
 * The part of the preview that is read: drawn with a pointer, or moved and sized with the keys.
 * @module
 */

/** A smaller part counts as a slip of the hand, and as the smallest by the keys. */
const SMALLEST = 0.05;
const STEP = 0.02;
const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/** @typedef {import("./orders.js").Part} Part */

export class Region {
  /** @type {Part} */
  part = { ...WHOLE };

  /**
   * @param {HTMLElement} stage Holds the preview.
   * @param {HTMLElement} frame Marks the part; can have the focus.
   * @param {(part: Part) => void} onChange
   */
  constructor(stage, frame, onChange) {
    this.stage = stage;
    this.frame = frame;
    this.onChange = onChange;
    stage.addEventListener("pointerdown", (event) => this.#draw(event));
    frame.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Take the whole preview. */
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
   * @returns {{ x: number, y: number }} In parts of the preview.
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
   * @param {boolean} done Whether the part is chosen, and not still being drawn.
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
 * @param {{ x: number, y: number }} a
 * @param {{ x: number, y: number }} b
 * @returns {Part}
 */
function between(a, b) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
