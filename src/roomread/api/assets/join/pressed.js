/**
 * The button that a student has pressed: one at a time, for two minutes.
 * @module
 */

/** @typedef {import("../answers.js").Say} Say */

/** The time for which a press counts, ms; the same as in the service. */
export const FADES_AFTER = 120_000;

export class PressedButton {
  /** @param {(button: Say | null) => void} onChange Called when the button changes or expires. */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Say | null} */
    this.button = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.fading = undefined;
  }

  /**
   * @param {Say} button
   * @returns {Say | null} What a press of a button leads to: a second press withdraws the first.
   */
  after(button) {
    return this.button === button ? null : button;
  }

  /** @param {Say | null} button */
  set(button) {
    clearTimeout(this.fading);
    this.button = button;
    if (button !== null) this.fading = setTimeout(() => this.set(null), FADES_AFTER);
    this.onChange(button);
  }
}
