from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from classes import frame, lesson
from recorded_classes import class_with_people, record_class
from room_recorder import RoomRecorder
from roomread.errors import RulesError, SessionError
from roomread.formats.session_export import export
from roomread.formats.session_formats import SessionFormat
from roomread.formats.session_report import session_report
from roomread.readings import Expression
from roomread.room import RoomMood
from roomread.room.window_people import NO_REASON
from roomread.store import LOCAL_OWNER, Mark, OwnerStore, Session, State, Store, schema
from roomread.store.pieces import Piece

NEUTRAL = Expression.NEUTRAL


def test_session_is_read_back_as_it_was_recorded(store: OwnerStore) -> None:
    session = store.create("Algebra 7b", source="lesson.mp4", model="compact", threshold=0.4)
    record_class(store, session)
    (listed,) = store.sessions()
    assert listed == store.session(session.id)
    assert (listed.name, listed.source, listed.model) == ("Algebra 7b", "lesson.mp4", "compact")
    assert listed.threshold == pytest.approx(0.4)
    assert listed.started_at == session.started_at
    assert listed.state() is State.ENDED
    moods = store.moods(session.id)
    assert [mood.time for mood in moods] == list(range(2, 60))
    assert moods[-1].present == 8
    assert store.moods(session.id, since=50)[0].time == 50
    assert store.last_time(session.id) == 59


def test_texts_of_a_session_lose_characters_that_a_database_cannot_store(
    store: OwnerStore,
) -> None:
    session = store.create(
        " Algebra\0 7\ud800 ",
        source="lesson\ud83d.mp4",
        rules="room coverage below 50% for 1 min # \0",
        keeps_people=True,
        consent="\0letter",
        notice="read\0 out",
    )
    kept = store.session(session.id)
    assert kept == session
    assert (kept.name, kept.source, kept.consent) == ("Algebra 7?", "lesson?.mp4", "letter")
    assert kept.notice == "read out"
    with pytest.raises(SessionError, match="needs a name"):
        store.create("\0 ")


def test_sessions_are_listed_newest_first_and_in_pages(store: OwnerStore) -> None:
    for name in ("Algebra", "Biology", "Chemistry", "Drama", "English"):
        store.create(name)
    started = store.sessions()[2].started_at.replace(tzinfo=None)
    with store._database.writing() as connection:
        connection.execute(schema.sessions.update().values(started_at=started))
    everything = store.sessions()
    assert sorted(each.name[0] for each in everything) == list("ABCDE")
    parts = [store.sessions(limit=2)]
    while parts[-1]:
        parts.append(store.sessions(before=parts[-1][-1].id, limit=2))
    assert [len(part) for part in parts] == [2, 2, 1, 0]
    assert [each for part in parts for each in part] == everything
    store.delete(everything[0].id)
    with pytest.raises(SessionError, match="there is no session"):
        store.sessions(before=everything[0].id)


def test_moods_are_stored_exactly_to_four_decimals(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(40, people=8, every=1.0):
        recorder.add_readings(time, readings)
    last = recorder.pipeline.mood
    recorder.close()
    kept = store.moods(session.id)[-1]
    assert last is not None
    assert last.scores is not None
    assert kept.scores == pytest.approx(last.scores, abs=1e-4)
    assert kept.valence_interval == pytest.approx(last.valence_interval, abs=1e-4)


def test_only_moods_of_the_room_are_stored_without_consent(store: OwnerStore) -> None:
    session = store.create("Algebra 7b", rules="person negative above 1% for 5 s")
    record_class(store, session)
    assert len(store.moods(session.id)) == 58
    assert len(store.readings(session.id)) == 0
    assert store.alerts(session.id) == []
    with store._database.engine.connect() as connection:
        for table in (schema.batches, schema.people, schema.alerts):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
    with pytest.raises(SessionError, match="no readings of individual people"):
        store.enrol(session.id, 3, "Ada", consent="letter")


def test_session_that_stores_individual_people_without_consent_is_refused(
    store: OwnerStore,
) -> None:
    with pytest.raises(SessionError, match="only with their consent"):
        store.create("Algebra 7b", keeps_people=True, consent=" ")
    session = class_with_people(store)
    assert store.session(session.id).consent == "all eight, in writing"
    readings = store.readings(session.id)
    assert len(readings) == 60 * 8
    assert set(readings.seats) == set(range(1, 9))


def test_moods_of_fewer_than_five_people_are_stored_without_scores(store: OwnerStore) -> None:
    session = store.create("Tutorial")
    record_class(store, session, people=4)
    with store._database.engine.connect() as connection:
        rows = connection.execute(schema.moods.select()).all()
    assert len(rows) == 58
    # Why people could not be read is stored, and says nothing about expressions.
    assert {reason for row in rows for reason in json.loads(row.excluded)} == {"turned away"}
    assert {value for row in rows for value in tuple(row)[4:-1]} == {None}


def test_shares_of_taught_states_are_stored_and_shown_in_the_report(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    scores = np.full(7, 1 / 7)
    shares: list[dict[str, float]] = [{}, {"confused": 0.125}, {"confused": 0.25, "bored": 0.0}]
    moods = [RoomMood(float(n), 8, 8, scores, states=each) for n, each in enumerate(shares)]
    store.append(session.id, [Piece(1, 0.0, moods=moods)])
    assert [mood.states for mood in store.moods(session.id)] == shares
    report = session_report(store, session.id)
    assert "<h3>Taught states</h3>" in report
    # In steps of 5 %, as no individual people are kept.
    assert "confused: between 10% and 25%" in report


def test_reasons_why_people_were_not_read_are_stored_and_shown_in_the_report(
    store: OwnerStore,
) -> None:
    session = store.create("Algebra 7b")
    reasons = {"turned away": 8, "covered": 1, NO_REASON: 4}
    moods = [RoomMood(1.0, 40, 27, excluded=reasons), RoomMood(2.0, 40, 40, excluded={})]
    store.append(session.id, [Piece(1, 0.0, moods=moods)])
    assert store.excluded(session.id) == [(40, reasons), (40, {})]
    # In steps of 5 %, and of the whole lesson.
    shown = "turned away 10%, no face found, or just joined 5%, covered under 5%."
    assert f"Why people could not be read: {shown}" in session_report(store, session.id)


def test_report_states_that_reasons_are_unknown_if_none_were_stored(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    store.append(session.id, [Piece(1, 0.0, moods=[RoomMood(1.0, 40, 31)])])
    assert store.excluded(session.id) == [(40, None)]
    assert "It is not known why people could not be read" in session_report(store, session.id)


def test_share_of_people_looking_away_is_stored_and_shown_in_report_and_exports(
    store: OwnerStore, tmp_path: Path
) -> None:
    session = store.create("Algebra 7b")
    scores = np.full(7, 1 / 7)
    moods = [
        RoomMood(float(n), 8, 8, scores, looking_away=share)
        for n, share in enumerate([None, 0.125, 0.25, 0.25])
    ]
    store.append(session.id, [Piece(1, 0.0, moods=moods)])
    assert [mood.looking_away for mood in store.moods(session.id)] == [None, 0.125, 0.25, 0.25]
    report = session_report(store, session.id)
    assert "<h3>Looking away</h3>" in report
    # In steps of 5 %, as no individual people are kept; the part has their mean.
    assert "looking away: between 10% and 25%" in report
    assert "<td>20%</td>" in report
    export(store, session.id, SessionFormat.JSON, tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    assert [mood["looking_away"] for mood in document["moods"]] == [None, 0.1, 0.25, 0.25]
    assert document["parts"][0]["looking_away"] == 0.2
    export(store, session.id, SessionFormat.CSV, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [row["looking_away"] for row in csv.DictReader(file)] == ["", "0.1", "0.25", "0.25"]


def test_forgetting_a_seat_is_refused_while_the_session_is_recorded(store: OwnerStore) -> None:
    session = store.create("Algebra 7b", keeps_people=True, consent="all")
    recorder = RoomRecorder(store, session)
    for time in range(5):
        recorder.add_readings(float(time), frame(float(time), {1: NEUTRAL}))
    recorder.flush()
    with pytest.raises(SessionError, match="being recorded"):
        store.forget_seat(session.id, 1)


def test_deleting_a_session_deletes_everything_that_belongs_to_it(store: OwnerStore) -> None:
    kept, gone = class_with_people(store, "kept"), class_with_people(store, "gone")
    for session in (kept, gone):
        store.mark(session.id, [Mark(10, "group work")])
        store.enrol(session.id, 2, "Ada", consent="letter")
    store.delete(gone.id)
    with pytest.raises(SessionError, match="there is no session"):
        store.session(gone.id)
    with store._database.engine.connect() as connection:
        assert gone.id not in connection.scalars(sa.select(schema.sessions.c.id)).all()
        for table in (schema.moods, schema.marks, schema.alerts, schema.batches, schema.people):
            column = table.c.session_id
            assert gone.id not in connection.scalars(sa.select(column)).all()
    assert len(store.readings(kept.id)) == 480
    assert len(store.marks(kept.id)) == 1


def test_session_is_found_only_by_its_complete_id(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    assert store.session(session.id).id == session.id
    for wrong in ("", "%", "________", session.id[:7], session.id + "0", "0000000\0"):
        with pytest.raises(SessionError, match="there is no session"):
            store.session(wrong)


def test_credentials_in_the_url_of_a_source_are_not_stored(store: OwnerStore) -> None:
    session = store.create("Hall", source="rtsp://teacher:secret@cam.example/live?token=abc")
    assert store.session(session.id).source == "rtsp://cam.example/live"


def test_session_with_invalid_rules_or_no_name_is_refused(store: OwnerStore) -> None:
    with pytest.raises(RulesError, match="line 1"):
        store.create("Algebra 7b", rules="be nice")
    with pytest.raises(SessionError, match="needs a name"):
        store.create("  ")
    assert store.sessions() == []


def test_two_processes_can_write_to_one_database_simultaneously(url: str) -> None:
    stores = Store(url), Store(url)
    first, second = (each.owned_by(LOCAL_OWNER) for each in stores)
    sessions = first.create("one"), second.create("two")
    recorders = RoomRecorder(first, sessions[0]), RoomRecorder(second, sessions[1])
    for time, readings in lesson(20, people=6, every=1.0):
        for recorder in recorders:
            recorder.add_readings(time, readings)
            assert recorder.flush(), recorder.trouble
    assert len(first.moods(sessions[1].id)) == len(second.moods(sessions[0].id)) == 18
    for each in stores:
        each.close()


def test_sessions_of_one_owner_are_not_found_by_another_owner(
    everything: Store, store: OwnerStore
) -> None:
    mine = store.create("Mine")
    anna, ben = everything.owned_by("user:anna"), everything.owned_by("user:ben")
    hers = class_with_people(anna, "Hers")
    assert [s.name for s in store.sessions()] == ["Mine"]
    assert [s.name for s in anna.sessions()] == ["Hers"]
    assert ben.sessions() == []
    assert (mine.owner, hers.owner) == ("local", "user:anna")
    assert anna.find(hers.id) == anna.session(hers.id) == hers_now(anna)
    assert ben.find(hers.id) is None
    assert anna.find(hers.id[:7]) is None
    for call in (ben.session, ben.delete, ben.readings):
        with pytest.raises(SessionError, match="there is no session"):
            call(hers.id)
    with pytest.raises(SessionError, match="there is no session"):
        ben.forget_seat(hers.id, 1)
    assert len(anna.readings(hers.id)) == 60 * 8


def hers_now(anna: OwnerStore) -> Session:
    (only,) = anna.sessions()
    return only


def test_newest_mood_and_a_limited_range_of_moods_are_returned(store: OwnerStore) -> None:
    session = store.create("Algebra 7b")
    assert store.last_mood(session.id) is None
    record_class(store, session)
    newest = store.last_mood(session.id)
    assert newest is not None
    assert newest.time == 59
    assert [mood.time for mood in store.moods(session.id, since=10, limit=2)] == [10, 11]


def test_session_stores_how_and_when_its_people_were_informed(store: OwnerStore) -> None:
    informed = store.create("Algebra 7b", notice=" slide before the lesson ")
    kept = store.session(informed.id)
    assert (kept.notice, kept.notice_at) == ("slide before the lesson", informed.started_at)
    silent = store.session(store.create("Algebra 7c", notice=" ").id)
    assert (silent.notice, silent.notice_at) == ("", None)
