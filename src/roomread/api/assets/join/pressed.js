/**
 * The button that a student has pressed. Only one counts at a time, for two minutes.
 * @module
 */

/** @typedef {import("../answers.js").Say} Say */

/** Time for which a press counts, ms, as in the service. */
export const FADES_AFTER = 120_000;

/** The pressed button, which expires. */
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
   * Return the button that counts after a press; null if the press withdraws an earlier one.
   * @param {Say} button
   * @returns {Say | null}
   */
  after(button) {
    return this.button === button ? null : button;
  }

  /**
   * Set the pressed button, and let it expire.
   * @param {Say | null} button
   */
  set(button) {
    clearTimeout(this.fading);
    this.button = button;
    if (button !== null) this.fading = setTimeout(() => this.set(null), FADES_AFTER);
    this.onChange(button);
  }
}
