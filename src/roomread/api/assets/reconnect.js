/**
 * When to connect again after a connection was lost.
 * @module
 */

const FIRST = 500;
const LONGEST = 10_000;

/**
 * Return the milliseconds until the next attempt: longer each time, and random, so that a class
 * whose server was away does not come back all at once.
 * @param {number} attempt From 0.
 * @returns {number}
 */
export function pauseBefore(attempt) {
  return Math.random() * Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
}
