/**
 * Create, mark and end the session in which a shared window is recorded.
 * @module
 */

import { ask, Refused } from "../api.js";
import { t } from "../texts.js";

const KEPT = "roomread.share.session";

/**
 * @typedef {{ id: string, name: string, room: boolean }} Session `room` is true for the session of
 *   a room that students join by a code; the faces of the window are added to it.
 */

/** @typedef {{ id: string, name: string, state: string }} SessionAnswer */
/** @typedef {{ id: string, name: string, code: string | null }} RoomAnswer */

/**
 * Create a session.
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
 * Return the session that this tab records: that of the room in its URL, to which the room's board
 * links, or the session recorded before a reload; null if there is none.
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
 * Return the session of an open room.
 * @param {string} room
 * @returns {Promise<Session>}
 */
async function enterRoom(room) {
  /** @type {RoomAnswer} */
  const { id, name, code } = await ask(`/rooms/${encodeURIComponent(room)}`);
  if (code === null) throw new Refused(t("The lesson has ended."));
  return { id, name, room: true };
}

/** Forget the session that this tab records. */
export function forget() {
  sessionStorage.removeItem(KEPT);
}

/**
 * Set a mark at the present time of a session.
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
