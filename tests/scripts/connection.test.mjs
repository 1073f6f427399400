import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeSocket, FakeStorage, load } from "./pages.mjs";

globalThis.WebSocket = FakeSocket;
globalThis.location = { origin: "https://roomread.example.org" };
const { RoomConnection, roomJoinedWith } = await load("join/connection.js");
const JOINING = { code: "K7QX-M3PD", consent: "2-en-faces", faces: true };
const SEAT = { k: "seat", token: "t1", next: 5, faces: true, receipt: null, say: null, paused: false };

let states;
let connection;

function connect(id = "0a1b2c3d") {
  states = [];
  connection = new RoomConnection(id, (state) => states.push(state));
}

beforeEach(() => {
  globalThis.sessionStorage = new FakeStorage();
  FakeSocket.opened = [];
  connect();
});

function seat() {
  connection.join(JOINING);
  FakeSocket.newest.open();
  FakeSocket.newest.tell(SEAT);
}

test("a student joins with the subprotocol, and over TLS if the page was loaded over HTTPS", () => {
  seat();
  const { url, protocol, sent } = FakeSocket.newest;
  assert.equal(url, "wss://roomread.example.org/api/v1/rooms/0a1b2c3d/seat");
  assert.equal(protocol, "roomread.room.1");
  assert.deepEqual(JSON.parse(sent[0]), { k: "join", resume: null, ...JOINING });
  assert.deepEqual(states, ["joining", "joined"]);
});

test("readings are numbered from the next number that the room sent with the seat", () => {
  seat();
  assert.equal(connection.sendReading({ age: 48, p: [1] }), '{"age":48,"p":[1],"k":"r","n":5}');
  connection.sendReading({ age: 50, p: [1] });
  assert.equal(JSON.parse(FakeSocket.newest.sent[2]).n, 6);
});

test("without a seat no reading is sent and no number is used up", () => {
  assert.equal(connection.sendReading({ age: 1 }), null);
  connection.join(JOINING);
  FakeSocket.newest.open();
  assert.equal(connection.sendReading({ age: 1 }), null);
  FakeSocket.newest.tell(SEAT);
  assert.equal(JSON.parse(connection.sendReading({ age: 1 })).n, 5);
});

test("a reading is not sent, and uses up no number, while the connection is closing", () => {
  seat();
  const socket = FakeSocket.newest;
  socket.readyState = 2;
  assert.equal(connection.sendReading({ age: 48 }), null);
  assert.equal(socket.sent.length, 1);
  socket.readyState = FakeSocket.OPEN;
  assert.equal(JSON.parse(connection.sendReading({ age: 50 })).n, 5);
});

test("a lost connection is opened again after increasing pauses, with the token of the seat", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 0.5);
  seat();
  for (const pause of [250, 500, 1000]) {
    const before = FakeSocket.opened.length;
    FakeSocket.newest.end(1006);
    assert.equal(states.at(-1), "lost");
    context.mock.timers.tick(pause - 1);
    assert.equal(FakeSocket.opened.length, before);
    context.mock.timers.tick(1);
    assert.equal(FakeSocket.opened.length, before + 1);
  }
  FakeSocket.newest.open();
  assert.equal(JSON.parse(FakeSocket.newest.sent[0]).resume, "t1");
  FakeSocket.newest.tell(SEAT);
  FakeSocket.newest.end(1006);
  const after = FakeSocket.opened.length;
  context.mock.timers.tick(250);
  assert.equal(FakeSocket.opened.length, after + 1, "the first pause is used again after a seat was received");
});

const ENDS = { 4001: "taken", 4003: "over", 4004: "left", 1008: "refused" };
for (const [code, state] of Object.entries(ENDS)) {
  test(`close code ${code} sets the state "${state}" and opens no new connection`, (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    seat();
    FakeSocket.newest.end(Number(code));
    assert.equal(states.at(-1), state);
    context.mock.timers.tick(60_000);
    assert.equal(FakeSocket.opened.length, 1);
    // Only a tab whose seat was taken by another tab may join again.
    assert.equal(connection.remembered() === null, state !== "taken");
  });
}

test("pressing join again while joining opens no second connection", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  connection.join(JOINING);
  connection.join({ ...JOINING, faces: false });
  FakeSocket.newest.end(1006);
  connection.join(JOINING);
  assert.equal(FakeSocket.opened.length, 1);
});

test("a full room is reported as full, and joining is tried again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  connection.join(JOINING);
  FakeSocket.newest.end(1013);
  assert.deepEqual(states, ["joining", "full"]);
  context.mock.timers.tick(10_000);
  assert.equal(FakeSocket.opened.length, 2);
});

test("the state of a seat says whether its student has paused", () => {
  const seats = [];
  connection.onState = (_state, seat) => seats.push(seat?.paused);
  connection.join(JOINING);
  FakeSocket.newest.tell({ ...SEAT, paused: true });
  assert.deepEqual(seats, [undefined, true]);
});

test("a reloaded tab remembers the data of joining for each room separately", () => {
  seat();
  connect();
  assert.deepEqual(connection.remembered(), JOINING);
  connect("ffffffff");
  assert.equal(connection.remembered(), null);
});

test("a tab finds its room by the code with which it joined, until it leaves", () => {
  sessionStorage.setItem("another key", "not JSON");
  assert.equal(roomJoinedWith(JOINING.code), null);
  seat();
  assert.equal(roomJoinedWith(JOINING.code), "0a1b2c3d");
  assert.equal(roomJoinedWith("2222-2222"), null);
  connection.leave();
  assert.equal(roomJoinedWith(JOINING.code), null);
});

test("the page is notified when the teacher pauses and resumes the room", () => {
  const told = [];
  connection.onPause = (isOn) => told.push(isOn);
  seat();
  FakeSocket.newest.tell({ k: "room", paused: true });
  FakeSocket.newest.tell({ k: "room", paused: false });
  assert.deepEqual(told, [true, false]);
});

test("the end of a lesson sets the state to ended", () => {
  seat();
  FakeSocket.newest.tell({ k: "over" });
  FakeSocket.newest.end(4003);
  assert.equal(states.at(-1), "ended");
});

test("the receipt is still available after the page is reloaded", () => {
  const receipts = [];
  connection.join(JOINING);
  FakeSocket.newest.tell({ ...SEAT, receipt: { id: "r1" } });
  connect();
  connection.onState = (_state, seat) => seat && receipts.push(seat.receipt);
  connection.join(connection.remembered());
  FakeSocket.newest.tell(SEAT);
  assert.deepEqual(receipts, [{ id: "r1" }]);
});

test("leaving sends a message to the room, and works without a connection too", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  seat();
  connection.leave();
  assert.deepEqual(JSON.parse(FakeSocket.newest.sent.at(-1)), { k: "leave" });
  connect();
  seat();
  FakeSocket.newest.end(1006);
  connection.leave();
  assert.equal(states.at(-1), "left");
  assert.equal(connection.remembered(), null);
  const before = FakeSocket.opened.length;
  context.mock.timers.tick(60_000);
  assert.equal(FakeSocket.opened.length, before);
});

test("the room can request readings at a slower pace", () => {
  const paces = [];
  connection.onSlower = (every) => paces.push(every);
  seat();
  FakeSocket.newest.tell({ k: "slower", every: 1000 });
  assert.deepEqual(paces, [1000]);
});
