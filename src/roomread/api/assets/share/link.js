/**
 * The connection to the service that sends one picture of a shared window at a time.
 * @module
 */
import { pauseBefore } from "../reconnect.js";

/** Milliseconds without a response to a picture after which the connection is closed. */
const ANSWER_WITHIN = 10_000;
/** Close codes after which connecting again would fail as well. */
const FINAL = new Set([1003, 1008, 1009, 4001]);

/** @typedef {import("../answers.js").LiveAnswer} LiveAnswer */

/**
 * @typedef {object} LinkEvents
 * @property {(state: "open" | "lost") => void} onState
 * @property {(code: number, problem: string) => void} onEnd The service closed the connection for
 *   good.
 */

/** A WebSocket that reconnects when the connection is lost. */
export class Link {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {((answer: LiveAnswer | null) => void) | null} */
  #answered = null;
  #attempt = 0;
  #timer = 0;
  #problem = "";
  #url = "";

  /** @param {LinkEvents} events */
  constructor(events) {
    this.events = events;
  }

  /** Whether a picture can be sent now. */
  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Connect to a URL, and reconnect to it until `close`.
   * @param {string} url
   */
  connect(url) {
    this.close();
    this.#url = url;
    this.#attempt = 0;
    this.#open();
  }

  /** End the connection. */
  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#settle(null);
  }

  /**
   * Send a picture and return the response; null if the connection was lost or no response came.
   * @param {Blob} picture
   * @returns {Promise<LiveAnswer | null>}
   */
  send(picture) {
    const socket = this.#socket;
    if (!socket || !this.open) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.close(), ANSWER_WITHIN);
      this.#answered = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      socket.send(picture);
    });
  }

  #open() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#problem = "";
      this.events.onState("open");
    };
    socket.onmessage = (event) => {
      /** @type {LiveAnswer} */
      const answer = JSON.parse(event.data);
      this.#attempt = 0;
      // A problem without an index concerns the connection, which the service then closes.
      if (answer.problem !== undefined && answer.frame_index === null) this.#problem = answer.problem;
      else this.#settle(answer);
    };
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #lost(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#settle(null);
    if (FINAL.has(code)) {
      this.events.onEnd(code, this.#problem);
      return;
    }
    this.events.onState("lost");
    this.#timer = setTimeout(() => this.#open(), pauseBefore(this.#attempt++));
  }

  /** @param {LiveAnswer | null} answer */
  #settle(answer) {
    this.#answered?.(answer);
    this.#answered = null;
  }
}
