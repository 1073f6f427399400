/**
 * Requests of pages to the API.
 * @module
 */

import { t } from "./texts.js";

/** An error for a request that the service refused, with the message of the service. */
export class Refused extends Error {}

/**
 * Send a request to the API and return its response, whose type depends on the path.
 * @param {string} path The path under `/api/v1`.
 * @param {object} [body] The body of a POST, sent as JSON; without it, a GET is sent.
 * @returns {Promise<any>}
 * @throws {Refused}
 * @throws {Error} The service does not respond.
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
 * Return the message that a page shows for a request that failed.
 * @param {unknown} error The error that `ask` threw.
 * @returns {string}
 */
export function problemOf(error) {
  return error instanceof Refused ? error.message : t("The service does not answer.");
}
