"""A source is recorded into a session, with fixed faces and a fixed net."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alert_receiver import FakeTarget
from classes import frame as class_frame
from roomread import Analyzer
from roomread.classifier import ExpressionClassifier, Head
from roomread.errors import RulesError, SessionError
from roomread.media import Source
from roomread.readings import Expression, Frame, Pose, Reading
from roomread.services.alerts import AlertSender
from roomread.services.recording import (
    net_of,
    new_session,
    record,
    refuse_picture,
    session_pipeline,
)
from roomread.store import LOCAL_OWNER, OwnerStore, Recorder, Session, Store
from roomread.testing import FixedClassifier, FixedDetector
from walls import wall

CLASS = [
    (10.0 + 100 * column, 15.0 + 115 * row, 80.0 + 100 * column, 105.0 + 115 * row)
    for row in range(2)
    for column in range(3)
]
ANALYZER = Analyzer(detector=FixedDetector(CLASS), classifier=FixedClassifier())
RULES = "room happy above 50% for 5 s"


class FakeSource(Source):
    """A source of given frames."""

    def __init__(self, frames: Sequence[Frame], *, live: bool = False) -> None:
        super().__init__("made up")
        self.live = live
        self._made = frames

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._made)


class FakeEmbedder:
    """An embedder that returns the same vector for every face."""

    name, side, threshold = "fake net", 8, 0.9
    template = np.zeros((5, 2))

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.ones((len(crops), 1), dtype=np.float32)


@pytest.mark.parametrize(
    ("head", "suffix"), [(Head.TAGGERS, ""), (Head.LABEL, " head:label"), (Head.BOTH, " head:both")]
)
def test_stored_net_name_includes_the_head_of_the_net_unless_the_default_head_is_used(
    head: Head, suffix: str
) -> None:
    classifier = ExpressionClassifier(head=head)
    model = classifier.model
    analyzer = Analyzer(detector=FixedDetector([]), classifier=classifier)
    assert net_of(analyzer) == f"{model.name} {model.digest}{suffix}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    everything = Store(f"sqlite:///{tmp_path / 'sessions.db'}")
    yield everything.owned_by(LOCAL_OWNER)
    everything.close()


@pytest.fixture
def session(store: OwnerStore) -> Session:
    return new_session(store, ANALYZER, "Algebra 7b", source="made up", rules=RULES, consent="all")


def frames(seconds: float, *, start: float = 0.0) -> list[Frame]:
    """Return different frames of a camera, two a second."""
    return [
        Frame(wall(number), start + number / 2, number, "made up")
        for number in range(round(2 * seconds))
    ]


def read(store: OwnerStore, session: Session, source: Source) -> list[float]:
    recorder = Recorder(store, session)
    pipeline = session_pipeline(recorder, ANALYZER)
    times = [frame.time for frame in record(pipeline, source, recorder)]
    recorder.close()
    return times


def kept(store: OwnerStore, session: Session) -> list[Reading]:
    return list(store.readings(session.id))


def test_every_frame_is_recorded_with_seats_moods_and_alerts(
    store: OwnerStore, session: Session
) -> None:
    assert read(store, session, FakeSource(frames(20))) == [n / 2 for n in range(40)]
    readings = kept(store, session)
    assert len(readings) == 40 * len(CLASS)
    assert {reading.seat for reading in readings} == {1, 2, 3, 4, 5, 6}
    assert store.moods(session.id)[-1].readable == len(CLASS)
    (alert,) = store.alerts(session.id)
    assert alert.rule == RULES


def test_interrupted_video_continues_after_the_last_recorded_frame(
    store: OwnerStore, session: Session
) -> None:
    video = frames(20)
    read(store, session, FakeSource(video[:16]))
    assert read(store, session, FakeSource(video)) == [n / 2 for n in range(40)]
    times = [reading.time for reading in kept(store, session)]
    assert times == sorted([n / 2 for n in range(40)] * len(CLASS))
    assert {reading.seat for reading in kept(store, session)} == {1, 2, 3, 4, 5, 6}


def test_interrupted_camera_continues_one_second_after_the_last_frame(
    store: OwnerStore, session: Session
) -> None:
    read(store, session, FakeSource(frames(10), live=True))
    read(store, session, FakeSource(frames(10), live=True))
    times = sorted({reading.time for reading in kept(store, session)})
    assert times == [n / 2 for n in range(20)] + [10.5 + n / 2 for n in range(20)]


def test_covered_camera_is_recorded_as_an_empty_room(store: OwnerStore, session: Session) -> None:
    black = [Frame(np.zeros_like(each.image), each.time, 0, "made up") for each in frames(20)]
    read(store, session, FakeSource(black))
    assert kept(store, session) == []
    assert {mood.present for mood in store.moods(session.id)} == {0}


def test_readings_sent_without_pictures_get_seats_and_moods(
    store: OwnerStore, session: Session
) -> None:
    recorder = Recorder(store, session)
    pipeline = session_pipeline(recorder)
    people = dict.fromkeys((7, 3, 5, 9, 11), Expression.HAPPY)
    for time in range(20):
        recorder.add(pipeline.push_readings(float(time), class_frame(float(time), people)))
    recorder.close()
    assert {reading.seat for reading in kept(store, session)} == {1, 2, 3, 4, 5}
    assert store.moods(session.id)[-1].readable == 5


def test_active_alert_continues_in_a_resumed_session(store: OwnerStore, session: Session) -> None:
    read(store, session, FakeSource(frames(10), live=True))
    (raised,) = store.alerts(session.id)
    read(store, session, FakeSource(frames(10), live=True))
    assert store.alerts(session.id) == [raised]


def test_averages_of_looking_away_and_closed_eyes_survive_a_restart(store: OwnerStore) -> None:
    rules = "person looking_away above 50% for 20 s\nperson eyes_closed above 50% for 20 s"
    people = dict.fromkeys(range(1, 7), Expression.NEUTRAL)

    def shown(time: int) -> list[Reading]:
        away, shut = 70 <= time < 95, 60 <= time < 85
        pose = Pose(45.0 if away else 5.0, 0.0, 0.0)
        units = {"AU12": 0.2, "AU45": 0.9 if shut else 0.1}
        readings = class_frame(float(time), people)
        return [replace(each, pose=pose, action_units=units) for each in readings]

    def lesson(*, killed_at: int | None) -> Session:
        session = new_session(store, ANALYZER, "Algebra 7b", source="a", rules=rules, consent="all")
        recorder = Recorder(store, session)
        pipeline = session_pipeline(recorder)
        for time in range(120):
            if time == killed_at:
                recorder.flush()
                recorder = Recorder(store, session)
                pipeline = session_pipeline(recorder)
            recorder.add(pipeline.push_readings(float(time), shown(time)))
        recorder.close()
        return session

    # The takeover happens before either rule has raised its alerts.
    unbroken, broken = (store.alerts(lesson(killed_at=at).id) for at in (None, 68))
    assert {alert.measure for alert in unbroken} == {"looking_away", "eyes_closed"}
    assert len(unbroken) == 12
    assert broken == unbroken


@pytest.mark.parametrize(
    ("consent", "state"),
    [
        ("", "room: happy 50% on average over 5 s"),
        ("all", "room: happy 52% on average over 5 s"),
    ],
)
def test_alert_sent_to_other_programs_has_the_same_figures_as_displayed(
    store: OwnerStore, consent: str, state: str
) -> None:
    rules = f"{RULES}\nperson happy above 50% for 5 s"
    session = new_session(store, ANALYZER, "7b", source="made up", rules=rules, consent=consent)
    target = FakeTarget()
    sender = AlertSender([target])
    pipeline = session_pipeline(Recorder(store, session), alerts=sender)
    shown = dict.fromkeys(range(4), Expression.HAPPY) | dict.fromkeys(range(4, 7), Expression.SAD)
    for time in range(100):
        pipeline.push_readings(float(time), class_frame(float(time), shown))
    assert sender.close(patience=10) == []
    # Alerts about a person are never sent, even with a consent.
    assert target.accepted == [f"{session.id}-1-raised"]
    assert target.states == [state]


def test_session_without_consent_stores_no_readings_of_people(store: OwnerStore) -> None:
    session = new_session(store, ANALYZER, "Algebra 7b", source="made up", rules="")
    read(store, session, FakeSource(frames(10)))
    assert kept(store, session) == []
    assert store.moods(session.id)[-1].present == len(CLASS)


def test_distinguishing_people_by_face_needs_their_consent(store: OwnerStore) -> None:
    with pytest.raises(SessionError, match="needs their consent"):
        new_session(store, ANALYZER, "7b", source="", rules="", embedder=FakeEmbedder())
    assert store.sessions() == []


def test_session_stores_the_names_of_the_nets_that_were_used(store: OwnerStore) -> None:
    session = new_session(
        store, ANALYZER, "7b", source="", rules="", consent="all", embedder=FakeEmbedder()
    )
    assert session.model == "people distinguished by fake net"
    assert net_of(ANALYZER) == ""
    real = Analyzer(detector=FixedDetector([]))
    assert net_of(real) == f"compact {real.model.digest}"


def test_invalid_rules_create_no_session(store: OwnerStore) -> None:
    with pytest.raises(RulesError, match="line 1"):
        new_session(store, ANALYZER, "7b", source="", rules="room is bored")
    assert store.sessions() == []


def test_recording_a_picture_is_refused_with_the_given_hint() -> None:
    source = FakeSource([])
    refuse_picture(source, hint="")
    source.is_picture = True
    with pytest.raises(SessionError, match=r"made up: .*use analyze"):
        refuse_picture(source, hint="use analyze")
