import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeSocket, load } from "./pages.mjs";

globalThis.WebSocket = FakeSocket;
const { Link } = await load("share/link.js");
const URL = "wss://roomread.example.org/api/v1/live";
const PICTURE = new Blob(["a picture"]);
const ANSWER = { frame: { width: 8, height: 8, faces: [], signal: null }, mood: null, alerts: [] };

let told;
let link;

beforeEach(() => {
  FakeSocket.opened = [];
  told = [];
  link = new Link({
    onState: (state) => told.push(state),
    onEnd: (code, problem) => told.push([code, problem]),
  });
  link.connect(URL);
});

test("a sent picture gets its answer, and no picture is sent before the connection is open", async () => {
  assert.equal(await link.send(PICTURE), null);
  FakeSocket.newest.open();
  const answered = link.send(PICTURE);
  FakeSocket.newest.tell(ANSWER);
  assert.deepEqual(await answered, ANSWER);
  assert.deepEqual(FakeSocket.newest.sent, [PICTURE]);
});

test("the connection is replaced if a picture has no answer after ten seconds", async (c) => {
  c.mock.timers.enable({ apis: ["setTimeout"] });
  c.mock.method(Math, "random", () => 0.5);
  FakeSocket.newest.open();
  const answered = link.send(PICTURE);
  c.mock.timers.tick(10_000);
  assert.equal(await answered, null);
  assert.deepEqual(told, ["open", "lost"]);
  c.mock.timers.tick(250);
  assert.equal(FakeSocket.opened.length, 2);
});

test("a connection that is lost right after opening is retried after increasing pauses", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 0.5);
  for (const pause of [250, 500, 1000]) {
    FakeSocket.newest.open();
    FakeSocket.newest.end(1006);
    const before = FakeSocket.opened.length;
    context.mock.timers.tick(pause - 1);
    assert.equal(FakeSocket.opened.length, before);
    context.mock.timers.tick(1);
    assert.equal(FakeSocket.opened.length, before + 1);
  }
});

test("a refused connection reports the reason and is not opened again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  FakeSocket.newest.open();
  FakeSocket.newest.tell({ frame_index: null, problem: "the session has ended" });
  FakeSocket.newest.end(1008);
  assert.deepEqual(told, ["open", [1008, "the session has ended"]]);
  context.mock.timers.tick(60_000);
  assert.equal(FakeSocket.opened.length, 1);
});

test("a picture that cannot be read does not end the connection", async () => {
  FakeSocket.newest.open();
  const answered = link.send(PICTURE);
  FakeSocket.newest.tell({ frame_index: 3, problem: "not a picture" });
  assert.equal((await answered).problem, "not a picture");
  assert.equal(link.open, true);
});

test("a connection that was replaced or closed is not opened again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  FakeSocket.newest.open();
  link.connect(`${URL}?session=0a1b2c3d`);
  assert.equal(FakeSocket.opened.length, 2);
  link.close();
  context.mock.timers.tick(60_000);
  assert.equal(FakeSocket.opened.length, 2);
  assert.deepEqual(told, ["open"]);
});
