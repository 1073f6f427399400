from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from alert_receiver import FakeTarget
from classes import lesson
from roomread.errors import SessionHeldError, SessionNotFoundError
from roomread.pipeline import Analyzer
from roomread.readings import Reading
from roomread.services import ingest
from roomread.services.alerts import AlertSender
from roomread.services.ingest import (
    INGEST_SOURCE,
    SCREEN_SOURCE,
    IngestReport,
    ReadingIngest,
    RecordedElsewhereError,
    SessionEndedError,
    TooManySeatsError,
    create_session,
)
from roomread.store import OwnerStore, Session, Store
from roomread.testing import FixedClassifier, FixedDetector
from roomread.wire import FrameReadings, frame_to_dict

LESSON = list(lesson(20, people=8))
ADDRESS = "http://127.0.0.1:1"


def as_json(frames: Sequence[tuple[float, list[Reading]]]) -> str:
    """Return frames in the format in which they are sent."""
    return json.dumps(
        [
            frame_to_dict(FrameReadings("room 3", time, None, None, None, tuple(readings)))
            for time, readings in frames
        ]
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sessions.db'}"


@pytest.fixture
def everything(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def sessions(everything: Store) -> ReadingIngest:
    return ReadingIngest(everything.leases(ADDRESS))


@pytest.fixture
def anna(everything: Store) -> OwnerStore:
    return everything.owned_by("user:anna")


def make(
    store: OwnerStore,
    *,
    consent: str = "",
    source: str = INGEST_SOURCE,
    rules: str | None = None,
) -> Session:
    analyzer = Analyzer(detector=FixedDetector([]), classifier=FixedClassifier())
    return create_session(
        store,
        analyzer,
        "Algebra 7b",
        consent=consent,
        source=source,
        rules=rules,
        model="compact 1",
    )


def test_created_session_stores_readings_of_people_only_with_a_consent(anna: OwnerStore) -> None:
    assert not make(anna).keeps_people
    assert not make(anna, consent="  ").keeps_people
    assert make(anna, consent="all, in writing").keeps_people


def test_frames_sent_several_times_are_accepted_once(
    sessions: ReadingIngest, anna: OwnerStore
) -> None:
    session = make(anna)
    first = sessions.send(anna, session.id, as_json(LESSON[:20]))
    again = sessions.send(anna, session.id, as_json(LESSON[:30]))
    assert (first.accepted, first.repeated) == (20, 0)
    assert (again.accepted, again.repeated) == (10, 20)


def test_alerts_about_received_readings_are_sent_once_to_other_programs(
    everything: Store, anna: OwnerStore
) -> None:
    target = FakeTarget()
    sender = AlertSender([target])
    session = make(anna, rules="room coverage above 50% for 5 s")
    ingest = ReadingIngest(everything.leases(ADDRESS), alerts=sender)
    ingest.send(anna, session.id, as_json(LESSON))
    ingest.send(anna, session.id, as_json(LESSON))
    sender.close(patience=10)
    assert target.accepted == [f"{session.id}-1-raised"]


def test_frames_closer_than_ten_milliseconds_count_as_one_frame(
    sessions: ReadingIngest, anna: OwnerStore
) -> None:
    session = make(anna)
    readings = LESSON[0][1]
    sent = as_json([(time, readings) for time in (1.0, 1.005, 1.01)])
    result = sessions.send(anna, session.id, sent)
    assert (result.accepted, result.repeated) == (2, 1)


def test_mood_of_accepted_frames_is_visible_to_another_process(
    sessions: ReadingIngest, anna: OwnerStore, url: str
) -> None:
    session = make(anna)
    result = sessions.send(anna, session.id, as_json(LESSON))
    other = Store(url)
    kept = other.owned_by("user:anna").last_mood(session.id)
    other.close()
    assert kept is not None
    assert result.mood is not None
    assert kept.time == pytest.approx(result.mood.time, abs=1e-3)


def test_new_process_with_the_same_address_continues_the_session(
    sessions: ReadingIngest, anna: OwnerStore, url: str
) -> None:
    session = make(anna, consent="all, in writing")
    sessions.send(anna, session.id, as_json(LESSON[:20]))
    other = Store(url)
    result = ReadingIngest(other.leases(ADDRESS)).send(
        other.owned_by("user:anna"), session.id, as_json(LESSON[:30])
    )
    other.close()
    assert result.accepted == 10


def test_same_frames_from_four_senders_at_once_are_accepted_once(
    sessions: ReadingIngest, anna: OwnerStore
) -> None:
    session = make(anna)
    together = threading.Barrier(4, timeout=30)

    def send() -> int:
        together.wait()
        return sessions.send(anna, session.id, as_json(LESSON[:20])).accepted

    with ThreadPoolExecutor(4) as threads:
        results = [future.result() for future in [threads.submit(send) for _ in range(4)]]
    assert sorted(results) == [0, 0, 0, 20]


def test_session_of_another_owner_is_not_found(
    sessions: ReadingIngest, everything: Store, anna: OwnerStore
) -> None:
    session = make(anna)
    with pytest.raises(SessionNotFoundError):
        sessions.send(everything.owned_by("user:ben"), session.id, as_json(LESSON[:1]))


def test_frames_for_an_ended_session_are_refused(sessions: ReadingIngest, anna: OwnerStore) -> None:
    session = make(anna)
    sessions.send(anna, session.id, as_json(LESSON[:5]))
    sessions.end(anna, session)
    with pytest.raises(SessionEndedError, match=session.id):
        sessions.send(anna, session.id, as_json(LESSON[5:]))
    # Ending the session again is a no-op.
    sessions.end(anna, anna.session(session.id))


def test_frames_for_a_session_recorded_from_a_camera_are_refused(
    sessions: ReadingIngest, anna: OwnerStore
) -> None:
    session = anna.create("Algebra 7b", source="camera 0")
    with pytest.raises(RecordedElsewhereError, match="camera 0"):
        sessions.send(anna, session.id, as_json(LESSON[:1]))
    with pytest.raises(RecordedElsewhereError):
        sessions.end(anna, session)


def test_sending_readings_to_a_deleted_session_raises_session_not_found(
    sessions: ReadingIngest, anna: OwnerStore
) -> None:
    session = make(anna)
    sessions.send(anna, session.id, as_json(LESSON[:5]))
    anna.delete(session.id)
    with pytest.raises(SessionNotFoundError):
        sessions.send(anna, session.id, as_json(LESSON[5:]))


def test_faces_at_more_than_the_maximum_number_of_seats_are_refused(
    sessions: ReadingIngest, anna: OwnerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_MAX_SEATS", 4)
    session = make(anna)
    with pytest.raises(TooManySeatsError, match="more than 4 places"):
        sessions.send(anna, session.id, as_json(LESSON[:5]))


def test_idle_sessions_are_unloaded_and_later_continued_from_the_database(
    sessions: ReadingIngest, anna: OwnerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_MAX_OPEN", 1)
    one, two = make(anna), make(anna)
    sessions.send(anna, one.id, as_json(LESSON[:5]))
    sessions.send(anna, two.id, as_json(LESSON[:5]))
    assert len(sessions._sessions) <= 2
    assert sessions.send(anna, one.id, as_json(LESSON[:10])).accepted == 5


def test_session_has_the_name_of_its_source(sessions: ReadingIngest, anna: OwnerStore) -> None:
    assert make(anna).source == INGEST_SOURCE
    shared = make(anna, source=SCREEN_SOURCE)
    assert shared.source == SCREEN_SOURCE
    assert sessions.send(anna, shared.id, as_json(LESSON[:5])).accepted == 5
    sessions.end(anna, shared)
    assert anna.session(shared.id).ended_at is not None


def test_error_for_a_session_held_by_another_process_has_the_address_of_that_process(
    sessions: ReadingIngest, anna: OwnerStore, url: str
) -> None:
    session = make(anna)
    sessions.send(anna, session.id, as_json(LESSON[:10]))
    other = Store(url)
    elsewhere = ReadingIngest(other.leases("http://other"))
    anna_there = other.owned_by("user:anna")
    for ask in (
        lambda: elsewhere.send(anna_there, session.id, as_json(LESSON[10:12])),
        lambda: elsewhere.end(anna_there, session),
    ):
        with pytest.raises(SessionHeldError) as held:
            ask()
        assert held.value.address == ADDRESS
    sessions.end(anna, session)
    other.close()


def send_all(
    ingest: ReadingIngest,
    store: OwnerStore,
    session: Session,
    frames: Sequence[tuple[float, list[Reading]]],
) -> IngestReport:
    """Send frames in messages of at most 200, and return the last report."""
    reports = [
        ingest.send(store, session.id, as_json(frames[n : n + 200]))
        for n in range(0, len(frames), 200)
    ]
    return reports[-1]


@pytest.mark.parametrize("killed_at", [3, 41, 330, 400])
def test_moods_and_alerts_are_the_same_after_the_process_holding_the_session_was_killed(
    everything: Store, anna: OwnerStore, url: str, killed_at: int
) -> None:
    frames = list(lesson(230, people=8, moods=((0.0, 0.3), (150.0, 0.8))))
    rules = "room happy above 60% for 20 s\nperson happy above 80% for 40 s"
    unbroken, broken = (make(anna, consent="all, in writing", rules=rules) for _ in range(2))
    send_all(ReadingIngest(everything.leases("http://unbroken")), anna, unbroken, frames)
    killed = everything.leases("http://killed")
    before = send_all(ReadingIngest(killed), anna, broken, frames[:killed_at])
    # The leases expire, as after five seconds without a renewal.
    killed.release_all()
    other = Store(url)
    anna_there = other.owned_by("user:anna")
    second = ReadingIngest(other.leases("http://second"))
    # The next mood is due a second later; until then the last one is returned.
    after = send_all(second, anna_there, broken, frames[killed_at - 1 : killed_at])
    assert (after.accepted, after.mood) == (0, before.mood)
    send_all(second, anna_there, broken, frames[killed_at:])
    moods = anna.moods(broken.id)
    assert moods == anna.moods(unbroken.id)
    assert moods[-1].baseline is not None
    alerts = anna.alerts(broken.id)
    assert alerts == anna.alerts(unbroken.id)
    assert {alert.seat for alert in alerts} > {None}
    assert any(alert.time < 165 < (alert.ended or 230) for alert in alerts)
    other.close()


def test_baseline_of_a_session_without_stored_people_survives_a_killed_process(
    everything: Store, anna: OwnerStore
) -> None:
    frames = list(lesson(230, people=8))
    session = make(anna)
    killed = everything.leases("http://killed")
    send_all(ReadingIngest(killed), anna, session, frames[:440])
    killed.release_all()
    second = ReadingIngest(everything.leases("http://second"))
    second.send(anna, session.id, as_json(frames[440:]))
    assert not len(anna.readings(session.id))
    moods = [mood for mood in anna.moods(session.id) if mood.time >= 219]
    # The first mood after the takeover needs three frames, which takes two seconds.
    assert [mood.time for mood in moods] == [219, 221, 222, 223, 224, 225, 226, 227, 228, 229]
    assert None not in [mood.baseline for mood in moods]


def test_no_frame_is_written_twice_when_a_process_lost_its_lease_on_the_session(
    everything: Store, anna: OwnerStore, url: str
) -> None:
    session = make(anna, consent="all, in writing")
    stalled = everything.leases("http://stalled")
    first = ReadingIngest(stalled)
    first.send(anna, session.id, as_json(LESSON[:10]))
    # The leases expire, as after five seconds without a renewal.
    stalled.release_all()
    other = Store(url)
    second = ReadingIngest(other.leases("http://second"))
    second.send(other.owned_by("user:anna"), session.id, as_json(LESSON[10:20]))
    with pytest.raises(SessionHeldError):
        first.send(anna, session.id, as_json(LESSON[15:30]))
    result = second.send(other.owned_by("user:anna"), session.id, as_json(LESSON[15:30]))
    assert (result.accepted, result.repeated) == (10, 5)
    assert len(anna.readings(session.id)) == 30 * 8
    other.close()
