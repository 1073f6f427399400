/**
 * The time to wait before reconnecting after a connection was lost.
 * @module
 */

const FIRST = 500;
const LONGEST = 10_000;

/**
 * Return the milliseconds until the next attempt to connect. They increase with each attempt and
 * are random, so that a whole class does not reconnect at once after an outage.
 * @param {number} attempt Number of failed attempts before, from 0.
 * @returns {number}
 */
export function pauseBefore(attempt) {
  return Math.random() * Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
}
