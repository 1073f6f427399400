/**
 * The session that takes what is read: made, marked and ended through the API.
 * @module
 */

const KEPT = "roomread.share.session";

/** @typedef {{ id: string, name: string }} Session */

/** The service refused a request; its message is the service's own. */
export class Refused extends Error {}

/**
 * Send a request to the API and return its answer.
 * @param {string} path
 * @param {object} [body] Sent as JSON; without one it is a GET.
 * @returns {Promise<any>}
 */
async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(`/api/v1/sessions${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.hint ? `${answer.detail} (${answer.hint})` : answer.detail);
  return answer;
}

/**
 * Make a session.
 * @param {{ name: string, consent: string, identity: boolean, notice: string }} asked
 * @returns {Promise<Session>}
 */
export async function begin(asked) {
  const { id, name } = await ask("", asked);
  sessionStorage.setItem(KEPT, id);
  return { id, name };
}

/**
 * Return the session that this tab records: the one of its address, as a room's board links to it,
 * or the one it was recording before it was loaded again; null without one.
 * @returns {Promise<Session | null>}
 */
export async function resume() {
  const id = new URLSearchParams(location.search).get("session") ?? sessionStorage.getItem(KEPT);
  if (!id) return null;
  try {
    const session = await ask(`/${encodeURIComponent(id)}`);
    if (session.state !== "ended") {
      sessionStorage.setItem(KEPT, id);
      return { id, name: session.name };
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  forget();
  return null;
}

/** Forget the session of this tab, which has ended. */
export function forget() {
  sessionStorage.removeItem(KEPT);
}

/**
 * Mark what begins now.
 * @param {Session} session
 * @param {string} label
 */
export const mark = (session, label) => ask(`/${session.id}/marks`, { label });

/**
 * End a session.
 * @param {Session} session
 */
export async function end(session) {
  await ask(`/${session.id}/end`, {});
  forget();
}
