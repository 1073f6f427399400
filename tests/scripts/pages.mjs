/** Helpers of the tests: load modules of the pages, and fakes for what Node lacks. */

import { pathToFileURL } from "node:url";

/** Load a module of the pages; a new `query` loads it again. */
export const load = (name, query = "") =>
  import(pathToFileURL(`${process.env.ROOMREAD_ASSETS}/${name}`).href + query);

/** A fake WebSocket; the test plays the server. */
export class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} The sockets that were opened, oldest first. */
  static opened = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol, sent: [], readyState: 0 });
    FakeSocket.opened.push(this);
  }

  static get newest() {
    return FakeSocket.opened.at(-1);
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.end(1000);
  }

  /** Let the server accept the connection. */
  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  /** Let the server send a message. */
  tell(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Close the connection with a close code. */
  end(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** A fake `sessionStorage`. */
export class FakeStorage {
  kept = new Map();
  getItem = (key) => this.kept.get(key) ?? null;
  setItem = (key, value) => this.kept.set(key, value);
  removeItem = (key) => this.kept.delete(key);
  key = (place) => [...this.kept.keys()][place] ?? null;
  get length() {
    return this.kept.size;
  }
}
