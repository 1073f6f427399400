/**
 * What a student says with the buttons: one thing at a time, for two minutes.
 * @module
 */

/** @typedef {import("../answers.js").Say} Say */

/** What is said counts for so long, ms; the service counts the same. */
export const FADES_AFTER = 120_000;

export class Said {
  /** @param {(said: Say | null) => void} onChange Called when it is pressed, taken back or faded. */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Say | null} */
    this.said = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.fading = undefined;
  }

  /**
   * @param {Say} button
   * @returns {Say | null} What a press of a button says: pressed again, it is taken back.
   */
  after(button) {
    return this.said === button ? null : button;
  }

  /** @param {Say | null} said */
  set(said) {
    clearTimeout(this.fading);
    this.said = said;
    if (said !== null) this.fading = setTimeout(() => this.set(null), FADES_AFTER);
    this.onChange(said);
  }
}
