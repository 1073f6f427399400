/**
 * The types of what the service answers to these pages; `docs/api.md` describes the values.
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
 * @property {string | null} signal What is wrong with the picture as a whole, such as "black".
 * @property {{box: Box, unreadable: string | null}[]} faces
 *
 * @typedef {object} Mood
 * @property {number} present Faces that are found.
 * @property {number} readable Those of them that are read.
 * @property {string | null} direction A key of `DIRECTIONS`.
 * @property {Record<string, number> | null} scores Mean share of each expression, 0..1.
 * @property {Record<string, number>} states Share of the read faces that show each taught state, 0..1.
 *
 * @typedef {object} Alert
 * @property {number | null} seat Null for the room.
 * @property {string} measure A key of `EXPRESSIONS`, or such as "looking_away".
 * @property {number} value
 * @property {number | null} before The valence from which the room fell; null for an average.
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
 * @property {number | null} frame_index Which picture; null where the connection is refused.
 *
 * @typedef {LiveReading | LiveProblem} LiveAnswer
 *
 * @typedef {object} Consent
 * @property {string} version
 * @property {string[]} text
 *
 * @typedef {object} RoomInfo What a student sees of a room before joining.
 * @property {string} id
 * @property {string} name
 * @property {boolean} faces Whether the student may let their own face be read.
 * @property {Consent} taps_consent
 * @property {Consent | null} faces_consent
 *
 * @typedef {"ok" | "lost" | "slower" | "faster"} Say What a student can press.
 *
 * @typedef {object} SeatMessage The answer to joining.
 * @property {"seat"} k
 * @property {string} token
 * @property {string} name The name of the room.
 * @property {number} next Number of the next reading.
 * @property {boolean} faces
 * @property {object | null} receipt
 * @property {Say | null} say What the student says in the room at present: after the end of the
 *   server nothing counts.
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
 * @property {number | null} b What is usual.
 * @property {number} present
 * @property {number} readable
 * @property {number} people
 * @property {number | null} lost Presses of "I am lost" within this second.
 *
 * @typedef {object} RoomState What each event of a board says of its room.
 * @property {boolean} paused Whether the teacher paused the room.
 * @property {string | null} code Null once the room is closed.
 * @property {number} marks How many marks the session has.
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
