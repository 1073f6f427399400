/** What a page has in a browser and Node has not: its modules, a WebSocket, a storage. */

import { pathToFileURL } from "node:url";

/** Load a module of the pages; `query` loads it anew. */
export const load = (name, query = "") =>
  import(pathToFileURL(`${process.env.ROOMREAD_ASSETS}/${name}`).href + query);

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} Those that were opened, oldest first. */
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

  /** The server accepts. */
  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  /** The server sends a message. */
  tell(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The connection ends with a code. */
  end(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** A `sessionStorage`. */
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
