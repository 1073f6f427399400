from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from grey_people import Grey, grey_face
from roomread import Analyzer
from roomread.errors import SessionError
from roomread.readings import Expression, Frame
from roomread.services.ingest import ReadingIngest, create_session
from roomread.services.live_room import KEEP_SECONDS, KnownPeople, LivePeople, LiveRoom, start_of
from roomread.store import OwnerStore, Store
from roomread.testing import FixedClassifier, FixedDetector
from roomread.wire import FrameReadings, frame_to_dict
from walls import wall

CLASS = [
    (10.0 + 100 * column, 15.0 + 115 * row, 80.0 + 100 * column, 105.0 + 115 * row)
    for row in range(2)
    for column in range(3)
]
ANALYZER = Analyzer(detector=FixedDetector(CLASS), classifier=FixedClassifier())


class Clock:
    """A clock whose time the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_live_room_without_a_session_has_a_mood_from_the_third_frame_on() -> None:
    room = LiveRoom(ANALYZER)
    moods = []
    for number in range(3):
        room.read(Frame(wall(number), room.time(number / 2), number, "live"))
        moods.append(room.mood)
    assert moods[:2] == [None, None]
    assert moods[2] is not None
    assert (moods[2].present, moods[2].readable) == (6, 6)
    assert moods[2].scores is not None
    assert moods[2].scores[Expression.HAPPY] == 0.9
    assert moods[2].scores.sum() == pytest.approx(1)
    assert set(np.round(moods[2].scores * 20, 6) % 1) == {0}


def test_live_room_with_a_session_computes_no_mood_and_uses_the_times_of_the_session() -> None:
    room = LiveRoom(ANALYZER, start=40.0)
    for number in range(4):
        read = room.read(Frame(wall(number), room.time(number / 2), number, "live"))
    assert room.mood is None
    assert read.time == 41.5
    assert {reading.seat for reading in read.readings} == {None}


@pytest.mark.parametrize(
    ("passed", "last", "start"), [(90.0, None, 90.0), (90.0, 60.0, 90.0), (50.0, 60.0, 60.5)]
)
def test_times_of_a_new_connection_start_at_the_elapsed_time_and_after_the_last_frame(
    sessions: OwnerStore, passed: float, last: float | None, start: float
) -> None:
    session = create_session(sessions, ANALYZER, "Algebra 7b")
    now = session.started_at + timedelta(seconds=passed)
    assert start_of(session, last, now=now) == pytest.approx(start)


def test_session_that_distinguishes_people_by_place_compares_no_faces(sessions: OwnerStore) -> None:
    session = create_session(sessions, ANALYZER, "Algebra 7b", consent="all")
    assert LivePeople(Grey).of(sessions, session) is None


def test_comparing_faces_requires_consent(sessions: OwnerStore) -> None:
    with pytest.raises(SessionError, match="needs their consent"):
        create_session(sessions, ANALYZER, "Algebra 7b", embedder=Grey())


def seats_after(
    known: KnownPeople, places: dict[int, int], start: float, *, frames: int = 4
) -> FrameReadings:
    """Show people in their tiles for some frames, and return the readings of the last frame."""
    for number in range(frames):
        image = np.zeros((1080, 1920, 3), dtype=np.uint8)
        time = start + number / 2
        faces = [grey_face(image, person, place, time) for person, place in places.items()]
        frame = Frame(image, time, number, "live")
        found = FrameReadings.of(frame, known.update(frame, faces))
    return found


def by_track(frame: FrameReadings) -> dict[int | None, int | None]:
    return {reading.track_id: reading.seat for reading in frame.readings}


def test_people_keep_their_seat_numbers_across_connections_and_when_tiles_move(
    sessions: OwnerStore,
) -> None:
    people = LivePeople(Grey)
    session = create_session(sessions, ANALYZER, "Algebra 7b", consent="all", embedder=Grey())
    known = people.of(sessions, session)
    assert known is not None
    assert by_track(seats_after(known, {1: 1, 2: 2, 3: 3}, 0.0)) == {1: 1, 2: 2, 3: 3}
    again = people.of(sessions, session)
    assert again is known
    again.begin_connection()
    moved = seats_after(again, {1: 2, 2: 3, 3: 1}, 2.5, frames=1)
    assert by_track(moved) == {2: 1, 3: 2, 1: 3}


def test_only_recognised_people_are_recorded_and_get_seat_numbers(
    store: Store, sessions: OwnerStore
) -> None:
    people, ingest = LivePeople(Grey), ReadingIngest(store.leases("http://127.0.0.1:1"))
    session = create_session(sessions, ANALYZER, "Algebra 7b", consent="all", embedder=Grey())
    known = people.of(sessions, session)
    assert known is not None
    for frames in (1, 4):
        read = seats_after(known, {4: 1, 5: 7}, float(frames), frames=frames)
        ingest.send(sessions, session.id, json.dumps(frame_to_dict(read)))
    kept = sessions.readings(session.id)
    assert sorted({reading.seat for reading in kept if reading.seat is not None}) == [1, 2]
    assert {reading.time for reading in kept} == {5.5}


def test_people_are_forgotten_when_the_session_ends_or_is_idle(sessions: OwnerStore) -> None:
    clock = Clock()
    people = LivePeople(Grey, clock=clock)
    session = create_session(sessions, ANALYZER, "Algebra 7b", consent="all", embedder=Grey())
    first = people.of(sessions, session)
    people.forget(session.id)
    second = people.of(sessions, session)
    assert second is not first
    clock.now += KEEP_SECONDS - 1
    people.forget_idle()
    assert people.of(sessions, session) is second
    clock.now += 1
    people.forget_idle()
    assert people.of(sessions, session) is not second
