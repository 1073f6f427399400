/**
 * A student's connection to a room, by the subprotocol `roomread.room.1` (docs/api.md).
 * @module
 */

import { pauseBefore } from "../reconnect.js";

/**
 * @typedef {"joining" | "joined" | "lost" | "taken" | "ended" | "over" | "left" | "refused" |
 *   "full"} State "ended" is the end of the lesson; "over" also a code that is no longer valid.
 */
/** @typedef {{code: string, consent: string, faces: boolean}} Joining */
/**
 * @typedef {Pick<import("../answers.js").SeatMessage,
 *   "name" | "receipt" | "faces" | "say" | "paused" | "room_paused">} Seat
 */
/**
 * @typedef {{token: string, joining: Joining, receipt: object | null}} Kept What a tab keeps for its
 *   next load: the room gives the receipt once.
 */
/** @typedef {import("../answers.js").RoomMessage} RoomMessage */

const KEY = "roomread-seat-";
const TAKEN_OVER = 4001;
const OVER = 4003;
const LEFT = 4004;
const REFUSED = 1008;
const FULL = 1013;

/**
 * Return the room in which this tab took a seat with a code: those who have joined stay when the
 * code is replaced, and their pages can then no longer find the room by it.
 * @param {string} code As the page sent it.
 * @returns {string | null} The id of the room; null without a seat.
 */
export function roomJoinedWith(code) {
  for (let i = 0; i < sessionStorage.length; i++) {
    const key = sessionStorage.key(i);
    if (!key?.startsWith(KEY)) continue;
    /** @type {Kept} */
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "");
    if (kept.joining.code === code) return key.slice(KEY.length);
  }
  return null;
}

export class RoomConnection {
  /**
   * @param {string} roomId
   * @param {(state: State, seat?: Seat) => void} onState
   */
  constructor(roomId, onState) {
    this.onState = onState;
    /** @type {(every: number) => void} Called with ms when the room wants fewer readings. */
    this.onSlower = () => undefined;
    /** @type {(paused: boolean) => void} Called when the teacher pauses the room, or continues. */
    this.onPause = () => undefined;
    this.key = KEY + roomId;
    this.url = `${location.origin.replace(/^http/, "ws")}/api/v1/rooms/${roomId}/seat`;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.joined = false;
    this.ended = false;
    this.attempt = 0;
    this.number = 0;
    /** @type {Joining | null} */
    this.joining = null;
  }

  /** @returns {Joining | null} What this tab joined with before it was loaded again. */
  remembered() {
    return this.kept()?.joining ?? null;
  }

  /** @returns {Kept | null} */
  kept() {
    const kept = sessionStorage.getItem(this.key);
    return kept === null ? null : JSON.parse(kept);
  }

  /**
   * Join the room; a no-op while that is under way, as two connections were two people.
   * @param {Joining} joining
   */
  join(joining) {
    if (this.joining !== null) return;
    this.joining = joining;
    this.connect();
  }

  connect() {
    const joining = this.joining;
    if (joining === null) return;
    const resume = this.kept()?.token ?? null;
    const socket = new WebSocket(this.url, "roomread.room.1");
    this.socket = socket;
    this.onState("joining");
    socket.onopen = () => socket.send(JSON.stringify({ k: "join", resume, ...joining }));
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (socket === this.socket) this.lose(event.code);
    };
  }

  /** @param {RoomMessage} message */
  take(message) {
    if (message.k === "slower") this.onSlower(message.every);
    if (message.k === "room") this.onPause(message.paused);
    if (message.k === "over") this.ended = true;
    if (message.k !== "seat") return;
    this.joined = true;
    this.attempt = 0;
    this.number = message.next;
    const receipt = message.receipt ?? this.kept()?.receipt ?? null;
    const kept = { token: message.token, joining: this.joining, receipt };
    sessionStorage.setItem(this.key, JSON.stringify(kept));
    this.onState("joined", { ...message, receipt });
  }

  /** @param {number} code */
  lose(code) {
    this.joined = false;
    if (code === OVER || code === LEFT || code === REFUSED) sessionStorage.removeItem(this.key);
    if (code === TAKEN_OVER) this.onState("taken");
    else if (code === OVER) this.onState(this.ended ? "ended" : "over");
    else if (code === LEFT) this.onState("left");
    else if (code === REFUSED) this.onState("refused");
    else {
      this.onState(code === FULL ? "full" : "lost");
      setTimeout(() => this.connect(), pauseBefore(this.attempt));
      this.attempt += 1;
    }
  }

  /**
   * Send a message; nothing is kept for later where there is no connection.
   * @param {object} message
   * @returns {string | null} The text that left; null where none did.
   */
  send(message) {
    if (!this.joined || this.socket === null) return null;
    const text = JSON.stringify(message);
    this.socket.send(text);
    return text;
  }

  /**
   * Send a reading with its number.
   * @param {object} reading
   * @returns {string | null}
   */
  sendReading(reading) {
    const text = this.send({ ...reading, k: "r", n: this.number });
    if (text !== null) this.number += 1;
    return text;
  }

  /** Leave for good, also without a connection. */
  leave() {
    sessionStorage.removeItem(this.key);
    this.joining = null;
    if (this.send({ k: "leave" }) === null) {
      this.socket?.close();
      this.socket = null;
      this.onState("left");
    }
  }
}
