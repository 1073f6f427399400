"""Every output of a session that keeps no people has shares in steps of 5 %."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from classes import lesson
from room_recorder import RoomRecorder
from roomread.formats.figures import (
    RunningFigures,
    RunningMoods,
    last_shown_mood,
    session_figures,
    shown_moods,
)
from roomread.formats.session_export import document
from roomread.formats.session_report import session_report
from roomread.formats.xapi import statements
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.room import RoomMood, change_points
from roomread.store import Mark, OwnerStore, Session, Store

SECONDS = 400


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnerStore]:
    everything = Store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'sessions.db'}")
    yield everything.owned_by("user:anna")
    everything.close()


def recorded(store: OwnerStore, *, consent: str = "") -> Session:
    session = store.create("Algebra 7b", keeps_people=bool(consent), consent=consent)
    recorder = RoomRecorder(store, session)
    for time, readings in lesson(SECONDS, people=11, moods=((0.0, 0.9), (200.0, 0.1))):
        recorder.add_readings(time, readings)
    recorder.close()
    store.mark(session.id, [Mark(170, "group work")])
    return store.session(session.id)


@pytest.fixture(scope="module")
def anonymous(store: OwnerStore) -> Session:
    return recorded(store)


def shares_in(value: Any) -> Iterator[Mapping[str, float]]:
    """Yield all shares of expressions in a JSON value, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.rpartition("/")[2] == "scores" and inner is not None:
                yield inner
            else:
                yield from shares_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from shares_in(inner)


def test_shares_in_every_export_are_rounded_and_sum_to_one(
    store: OwnerStore, anonymous: Session
) -> None:
    summary = session_figures(store, anonymous).summary
    found = [
        *shares_in(document(store, anonymous)),
        *shares_in(statements(anonymous, summary.parts)),
    ]
    assert len(found) > SECONDS
    values = np.array([list(each.values()) for each in found])
    assert np.allclose(values / 0.05, np.rint(values / 0.05), atol=1e-6)
    assert np.allclose(values.sum(axis=1), 1)


def test_valence_baseline_and_levels_of_changes_come_from_the_rounded_shares(
    store: OwnerStore, anonymous: Session
) -> None:
    content = json.loads(json.dumps(document(store, anonymous)))
    for mood in content["moods"]:
        if mood["valence"] is not None:
            assert mood["valence"] * 20 == pytest.approx(round(mood["valence"] * 20), abs=1e-6)
        if mood["baseline"] is not None:
            # The median of an even number of steps may lie between two of them.
            assert mood["baseline"] * 40 == pytest.approx(round(mood["baseline"] * 40), abs=1e-6)
    assert content["moods"][-1]["baseline"] is not None
    (change,) = content["changes"]
    for level in (change["before"], change["after"]):
        assert level * 20 == pytest.approx(round(level * 20), abs=1e-6)


def test_changes_are_detected_in_the_unrounded_moods(store: OwnerStore, anonymous: Session) -> None:
    exact = change_points(store.moods(anonymous.id))
    shown = session_figures(store, anonymous).summary.changes
    assert [change.time for change in shown] == [change.time for change in exact]


def test_all_interfaces_show_the_same_mood(store: OwnerStore, anonymous: Session) -> None:
    moods = session_figures(store, anonymous).moods
    assert last_shown_mood(store, anonymous) == moods[-1]
    assert shown_moods(store, anonymous, since=moods[-20].time, limit=5) == moods[-20:-15]
    feed = RunningMoods(store, anonymous)
    again = feed.update(store.moods(anonymous.id)[-1])
    assert again is not None
    assert feed.update(None) == again
    assert again.scores == pytest.approx(moods[-1].scores)


def test_alerts_state_values_in_steps_of_five_percent(
    store: OwnerStore, anonymous: Session
) -> None:
    reasons = [alert.reason for alert in store.alerts(anonymous.id)]
    (fall,) = [reason for reason in reasons if "fell" in reason]
    assert all(int(cents) % 5 == 0 for cents in re.findall(r"[+-]\d\.(\d\d)", fall))


def test_report_gives_the_shares_of_each_session_part_in_steps_of_five_percent(
    store: OwnerStore, anonymous: Session
) -> None:
    shares = re.findall(r"<td[^>]*>\s*(\d+)\s?%", session_report(store, anonymous.id))
    assert shares
    parts = session_figures(store, anonymous).summary.parts
    for part in parts:
        assert part.scores is not None
        assert np.allclose(part.scores * 20, np.rint(part.scores * 20), atol=1e-6)


def test_session_that_stores_individual_readings_shows_unrounded_shares(store: OwnerStore) -> None:
    session = recorded(store, consent="all eleven, in writing")
    assert session_figures(store, session).moods == store.moods(session.id)
    assert last_shown_mood(store, session) == store.last_mood(session.id)
    assert shown_moods(store, session) == store.moods(session.id)


def test_session_without_readings_has_no_moods(store: OwnerStore) -> None:
    session = store.create("Empty")
    assert session_figures(store, session).moods == []
    assert shown_moods(store, session) == []
    assert last_shown_mood(store, session) is None


def test_only_the_figures_module_and_the_recorder_read_moods_from_the_store() -> None:
    package = Path(__file__).parents[2] / "src/roomread"
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"store\.(moods|last_mood)\(", line)
        if "not store.moods(" not in line
    }
    # The recorder needs the stored moods to compute the next ones.
    assert callers == {"formats/figures.py", "store/recorder.py"}


@pytest.mark.parametrize("consent", ["", "all, in writing"])
def test_incremental_figures_read_only_new_moods_and_equal_the_figures_of_the_whole_session(
    store: OwnerStore, consent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.create("Algebra 7b", keeps_people=bool(consent), consent=consent)
    recorder = RoomRecorder(store, session)
    running = RunningFigures(store, session)
    assert running.update().moods == []
    read: list[int] = []
    moods = store.moods

    def counted(session_id: str, *, since: float = 0.0) -> list[RoomMood]:
        found = moods(session_id, since=since)
        read.append(len(found))
        return found

    for time, readings in lesson(SECONDS, people=8):
        recorder.add_readings(time, readings)
        if time % 20 == 0:
            recorder.flush()
            with monkeypatch.context() as patched:
                patched.setattr(store, "moods", counted)
                running.update()
    recorder.close()
    store.mark(session.id, [Mark(100.0, "group work")])
    figures, whole = running.update(), session_figures(store, session)
    assert list(map(repr, figures.moods)) == list(map(repr, whole.moods))
    assert repr(figures.summary) == repr(whole.summary)
    assert max(read) <= 40
    assert sum(read) <= len(whole.moods)


def test_report_states_the_minute_in_which_most_people_said_that_they_were_lost(
    tmp_path: Path,
) -> None:
    everything = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    store = everything.owned_by("user:anna")
    session = store.create("Algebra 7b")
    recorder = RoomRecorder(store, session)
    for time in range(5):
        recorder.add_readings(float(time), [])
    recorder.close()
    assert "hardest" not in session_report(store, session.id)
    samples = [
        ReportSample(t, 20, 9, ReportCounts(lost=8 if 300 <= t < 330 else 0))
        for t in range(5, 600, 5)
    ]
    everything.rooms.add_reports(session.id, samples)
    report = session_report(store, session.id)
    assert "from 5:00 to 6:00, up to 40% of the people said that they were lost" in report
    everything.close()
