/**
 * Requests of pages to the API.
 * @module
 */

import { t } from "./texts.js";

/** The service refused a request; its message is the service's own. */
export class Refused extends Error {}

/**
 * Send a request to the API and return its answer, whose shape its caller knows.
 * @param {string} path Under `/api/v1`.
 * @param {object} [body] Sent as JSON; without one it is a GET.
 * @returns {Promise<any>}
 * @throws {Refused}
 * @throws {Error} The service does not answer.
 */
export async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(`/api/v1${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.hint ? `${answer.detail} (${answer.hint})` : answer.detail);
  return answer;
}

/**
 * Return what a page says of a request that failed.
 * @param {unknown} error What `ask` threw.
 * @returns {string}
 */
export function problemOf(error) {
  return error instanceof Refused ? error.message : t("The service does not answer.");
}
