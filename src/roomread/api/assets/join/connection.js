/**
 * A student's connection to a room, by the subprotocol `roomread.room.1` (docs/api.md).
 * @module
 */

import { pauseBefore } from "../reconnect.js";

/**
 * @typedef {"joining" | "joined" | "lost" | "taken" | "ended" | "over" | "left" | "refused" |
 *   "full"} State "ended" means that the lesson ended while the student was connected; "over" means
 *   that the room is closed or the code is no longer valid.
 */
/** @typedef {{code: string, consent: string, faces: boolean}} Joining */
/**
 * @typedef {Pick<import("../answers.js").SeatMessage,
 *   "name" | "receipt" | "faces" | "say" | "paused" | "room_paused">} Seat
 */
/**
 * @typedef {{token: string, joining: Joining, receipt: object | null}} Kept The values that a tab
 *   stores for a reload. The receipt is among them because the room sends it only once.
 */
/** @typedef {import("../answers.js").RoomMessage} RoomMessage */

const KEY = "roomread-seat-";
const TAKEN_OVER = 4001;
const OVER = 4003;
const LEFT = 4004;
const REFUSED = 1008;
const FULL = 1013;

/**
 * Return the room in which this tab took a seat with a code. The service cannot find a room by a
 * code that was replaced, although the students who joined with it stay.
 * @param {string} code The code as the page sent it.
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

/** A student's connection to a room, which reconnects when it is lost. */
export class RoomConnection {
  /**
   * @param {string} roomId
   * @param {(state: State, seat?: Seat) => void} onState
   */
  constructor(roomId, onState) {
    this.onState = onState;
    /** @type {(every: number) => void} Called with the new interval, ms, if the page sends too much. */
    this.onSlower = () => undefined;
    /** @type {(paused: boolean) => void} Called when the teacher pauses or resumes the room. */
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

  /** @returns {Joining | null} The values that this tab joined with before a reload. */
  remembered() {
    return this.kept()?.joining ?? null;
  }

  /** @returns {Kept | null} */
  kept() {
    const kept = sessionStorage.getItem(this.key);
    return kept === null ? null : JSON.parse(kept);
  }

  /**
   * Join the room. A no-op if that has begun, because two connections would count as two people.
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
   * Send a message, or drop it if there is no open connection.
   * @param {object} message
   * @returns {string | null} The text that was sent; null if there is no open connection.
   */
  send(message) {
    if (!this.joined || this.socket?.readyState !== WebSocket.OPEN) return null;
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

  /** Leave the room for good, even without a connection. */
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
