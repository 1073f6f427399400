/**
 * The session that takes what is read: made, marked and ended through the API.
 * @module
 */

import { ask, Refused } from "../api.js";
import { t } from "../texts.js";

const KEPT = "roomread.share.session";

/**
 * @typedef {{ id: string, name: string, room: boolean }} Session `room` is true where students have
 *   joined by a code, and the faces of the window count with theirs.
 */

/** @typedef {{ id: string, name: string, state: string }} SessionAnswer */
/** @typedef {{ id: string, name: string, code: string | null }} RoomAnswer */

/**
 * Make a session.
 * @param {{ name: string, consent: string, identity: boolean, notice: string }} asked
 * @returns {Promise<Session>}
 */
export async function begin(asked) {
  /** @type {SessionAnswer} */
  const { id, name } = await ask("/sessions", { ...asked, source: "screen" });
  sessionStorage.setItem(KEPT, id);
  return { id, name, room: false };
}

/**
 * Return the session that this tab records: that of the room in its address, as the room's board
 * links to it, or the one it was recording before it was loaded again; null without one.
 * @returns {Promise<Session | null>}
 */
export async function resume() {
  const room = new URLSearchParams(location.search).get("room");
  if (room !== null) return enterRoom(room);
  const id = sessionStorage.getItem(KEPT);
  if (!id) return null;
  try {
    /** @type {SessionAnswer} */
    const session = await ask(`/sessions/${encodeURIComponent(id)}`);
    if (session.state !== "ended") return { id, name: session.name, room: false };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  forget();
  return null;
}

/**
 * @param {string} room
 * @returns {Promise<Session>}
 */
async function enterRoom(room) {
  /** @type {RoomAnswer} */
  const { id, name, code } = await ask(`/rooms/${encodeURIComponent(room)}`);
  if (code === null) throw new Refused(t("The lesson has ended."));
  return { id, name, room: true };
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
export const mark = (session, label) => ask(`/sessions/${session.id}/marks`, { label });

/**
 * End a session.
 * @param {Session} session
 */
export async function end(session) {
  await ask(`/sessions/${session.id}/end`, {});
  forget();
}
