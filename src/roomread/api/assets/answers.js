/**
 * The types of the service's responses to these pages; `docs/api.md` describes the values.
 *
 * @typedef {object} Box
 * @property {number} left px.
 * @property {number} top px.
 * @property {number} right px.
 * @property {number} bottom px.
 *
 * @typedef {object} Frame
 * @property {number} width px.
 * @property {number} height px.
 * @property {string | null} signal Why the source shows no picture, such as "black", else null.
 * @property {{box: Box, unreadable: string | null}[]} faces
 *
 * @typedef {object} Mood
 * @property {number} present Number of people present.
 * @property {number} readable Number of present people whose face can be read.
 * @property {string | null} direction A key of `DIRECTIONS`.
 * @property {Record<string, number> | null} scores Mean share of each expression, 0..1.
 * @property {Record<string, number>} states Share of readable people who show each taught state, 0..1.
 *
 * @typedef {object} Alert
 * @property {number | null} seat Null for the room.
 * @property {string} measure A key of `EXPRESSIONS`, or another measure such as "looking_away".
 * @property {number} value
 * @property {number | null} before The valence from which the room fell; null for other alerts.
 * @property {number} seconds
 *
 * @typedef {object} LiveReading
 * @property {undefined} [problem]
 * @property {Frame} frame
 * @property {Mood | null} mood
 * @property {Alert[]} alerts
 *
 * @typedef {object} LiveProblem
 * @property {string} problem
 * @property {number | null} frame_index Index of the picture; null if the connection is refused.
 *
 * @typedef {LiveReading | LiveProblem} LiveAnswer
 *
 * @typedef {object} Consent
 * @property {string} version
 * @property {string[]} text
 *
 * @typedef {object} RoomInfo The information about a room that a student sees before joining.
 * @property {string} id
 * @property {string} name
 * @property {boolean} faces Whether the student may let their own face be read.
 * @property {Consent} taps_consent
 * @property {Consent | null} faces_consent
 *
 * @typedef {"ok" | "lost" | "slower" | "faster"} Say A button that a student can press.
 *
 * @typedef {object} SeatMessage The response to a join message.
 * @property {"seat"} k
 * @property {string} token
 * @property {string} name The name of the room.
 * @property {number} next Number of the next reading.
 * @property {boolean} faces
 * @property {object | null} receipt
 * @property {Say | null} say The button whose press counts in the room at present; null if none
 *   does, for example because the server was restarted.
 * @property {boolean} paused Whether the student paused.
 * @property {boolean} room_paused Whether the teacher paused the room.
 *
 * @typedef {SeatMessage | {k: "room", paused: boolean} | {k: "slower", every: number} |
 *   {k: "ack", n: number} | {k: "over"} | {k: "error", problem: string}} RoomMessage
 *
 * @typedef {object} Status The counts of a room.
 * @property {number} people
 * @property {number} read
 * @property {number} faceless
 * @property {number} paused
 * @property {number} screen
 * @property {number | null} taps
 * @property {boolean} withheld
 * @property {Record<Say, number> | null} reports
 *
 * @typedef {object} Point One second of the board's chart.
 * @property {number} t Seconds from the start of the session.
 * @property {number | null} v Valence, -1..1.
 * @property {[number, number] | null} i Its 95 % interval.
 * @property {number | null} b The valence that is usual in this room.
 * @property {number} present
 * @property {number} readable
 * @property {number} people
 * @property {number | null} lost Presses of "I am lost" within this second.
 *
 * @typedef {object} RoomState The state of the room in each event of a board.
 * @property {boolean} paused Whether the teacher paused the room.
 * @property {string | null} code Null once the room is closed.
 * @property {number} marks Number of the session's marks.
 *
 * @typedef {{time: number, label: string}} Mark
 * @typedef {{time: number, before: number, after: number}} Change
 *
 * @typedef {object} BoardMoment
 * @property {undefined} [history]
 * @property {number} time Seconds from the start of the session.
 * @property {Status} status
 * @property {Mood | null} mood
 * @property {"below" | "usual" | "above" | null} direction
 * @property {boolean} clear
 * @property {number} since
 * @property {Alert[]} alerts
 * @property {Change[]} changes
 * @property {Point | null} point
 *
 * @typedef {{history: {points: Point[], marks: Mark[], changes: Change[]}}} BoardHistory
 *
 * @typedef {(BoardMoment & RoomState) | (BoardHistory & RoomState) |
 *   {over: boolean, history?: undefined}} BoardEvent
 *
 * @typedef {object} HardMinute
 * @property {number} start Seconds from the start of the session.
 * @property {number | null} valence
 * @property {number | null} lost Share of the people, 0..1.
 */

export {};
