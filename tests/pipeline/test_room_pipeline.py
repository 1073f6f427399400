from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from classes import frame as class_frame
from roomread import Analyzer
from roomread.media import SignalCheck
from roomread.pipeline import RoomPipeline
from roomread.readings import Expression, Frame, NoPicture, Reading
from roomread.room import Alert, Attention, RoomMeter, Seats, parse_rules
from roomread.testing import FixedClassifier, FixedDetector

HAPPY, SAD = Expression.HAPPY, Expression.SAD
BOXES = [(40.0 + 120 * n, 40.0, 120.0 + 120 * n, 120.0) for n in range(5)]


def noise(time: float, *, seed: int = 0) -> Frame:
    """Return a picture in which every face is readable."""
    random = np.random.default_rng(seed)
    return Frame(random.integers(0, 256, (200, 700, 3), dtype=np.uint8), time, 0, "camera")


def black(time: float) -> Frame:
    return Frame(np.zeros((200, 700, 3), np.uint8), time, 0, "camera")


class FakeReader:
    """A reader that returns the same people for every frame, and counts the frames."""

    def __init__(self, people: int) -> None:
        self.people, self.frames = people, 0

    def update(self, frame: Frame) -> list[Reading]:
        self.frames += 1
        return class_frame(frame.time, dict.fromkeys(range(1, self.people + 1), HAPPY))


class FakePeople:
    """A stage that names each person "Ada"."""

    def update(self, frame: Frame, readings: Sequence[Reading]) -> list[Reading]:
        return [replace(reading, person=f"Ada at {frame.time:g}") for reading in readings]


def test_pushing_a_frame_returns_a_moment_with_the_frame_and_its_readings() -> None:
    pipeline = RoomPipeline(FakeReader(2))
    picture = noise(1.5)
    moment = pipeline.push(picture)
    assert moment.time == 1.5
    assert moment.frame is picture
    assert [reading.expression for reading in moment.readings] == [HAPPY, HAPPY]
    assert (moment.signal, moment.mood, list(moment.alerts)) == (None, None, [])


def test_pipeline_with_only_a_face_reader_returns_no_moods_and_no_alerts() -> None:
    pipeline = RoomPipeline(FakeReader(6))
    moments = [pipeline.push(noise(float(time))) for time in range(20)]
    assert {moment.mood for moment in moments} == {None}
    assert pipeline.mood is None
    assert pipeline.alerts == []


def test_frames_of_a_covered_camera_count_as_an_empty_room_and_are_not_read() -> None:
    reader = FakeReader(6)
    pipeline = RoomPipeline(reader, signal=SignalCheck(), meter=RoomMeter())
    for time in range(20):
        moment = pipeline.push(noise(float(time), seed=time))
    assert pipeline.mood is not None
    assert pipeline.mood.present == 6
    for time in range(20, 40):
        moment = pipeline.push(black(float(time)))
        assert moment.signal is NoPicture.BLANK
        assert moment.readings == []
    assert reader.frames == 20
    assert pipeline.mood.present == 0


def test_frozen_camera_is_reported_after_three_seconds() -> None:
    pipeline = RoomPipeline(FakeReader(1), signal=SignalCheck())
    signals = [pipeline.push(noise(float(time))).signal for time in range(5)]
    assert signals == [None, None, None, NoPicture.FROZEN, NoPicture.FROZEN]


def test_mood_is_updated_once_a_second_and_kept_by_the_pipeline() -> None:
    pipeline = RoomPipeline(FakeReader(6), meter=RoomMeter())
    moods = [pipeline.push(noise(time / 4)).mood for time in range(41)]
    times = [mood.time for mood in moods if mood is not None]
    assert times == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
    assert pipeline.mood is moods[38]


def test_readings_without_pictures_skip_the_face_reader() -> None:
    seats = Seats()
    pipeline = RoomPipeline(seats=seats, meter=RoomMeter())
    for time in range(5):
        moment = pipeline.push_readings(
            float(time), class_frame(float(time), dict.fromkeys((7, 4, 12, 2, 3, 1), SAD))
        )
    assert moment.frame is None
    assert len(moment.readings) == 6
    assert moment.mood is not None
    assert moment.mood.readable == 6


def test_pushing_frames_or_their_readings_gives_the_same_moods_and_alerts() -> None:
    rules = parse_rules("room coverage above 50% for 5 s\nperson happy above 50% for 5 s")

    def pipeline(reader: FakeReader | None = None) -> RoomPipeline:
        attention = Attention(rules, people=True)
        return RoomPipeline(reader, seats=Seats(), meter=RoomMeter(), attention=attention)

    reader = FakeReader(6)
    with_frames = pipeline(reader)
    without = pipeline()
    seen = 0
    for time in range(60):
        picture = noise(float(time))
        one = with_frames.push(picture)
        other = without.push_readings(picture.time, reader.update(picture))
        assert list(one.alerts) == list(other.alerts)
        assert (one.mood is None) == (other.mood is None)
        if one.mood is not None and other.mood is not None:
            assert str(one.mood) == str(other.mood)
        seen += len(one.alerts)
    assert seen == 7
    assert with_frames.alerts == without.alerts
    assert [alert.number for alert in without.alerts] == list(range(1, 8))


def test_stage_that_identifies_people_receives_the_frame() -> None:
    pipeline = RoomPipeline(FakeReader(1), people=FakePeople())
    (reading,) = pipeline.push(noise(2.0)).readings
    assert reading.person == "Ada at 2"


def test_readings_without_pictures_are_refused_when_people_are_distinguished_by_face() -> None:
    with pytest.raises(TypeError, match="use push"):
        RoomPipeline(people=FakePeople()).push_readings(0.0, [])


def test_frame_is_refused_by_a_pipeline_without_a_face_reader() -> None:
    with pytest.raises(TypeError, match="use push_readings"):
        RoomPipeline().push(noise(0.0))


def test_pipeline_of_an_analyzer_reads_faces_and_computes_moods_and_alerts() -> None:
    analyzer = Analyzer(detector=FixedDetector(BOXES), classifier=FixedClassifier())
    pipeline = RoomPipeline.of(analyzer, rules=parse_rules("room happy above 50% for 5 s"))
    for step in range(20):
        moment = pipeline.push(noise(step / 2, seed=step))
    assert len(moment.readings) == 5
    assert pipeline.mood is not None
    assert pipeline.mood.readable == 5
    assert [alert.rule for alert in pipeline.alerts] == ["room happy above 50% for 5 s"]


def test_pushed_readings_get_the_time_with_which_they_were_pushed() -> None:
    moment = RoomPipeline().push_readings(61.0, class_frame(0.5, {1: HAPPY, 2: SAD}))
    assert [reading.time for reading in moment.readings] == [61.0, 61.0]


def test_alert_callback_is_called_when_an_alert_begins_and_when_the_alert_ends() -> None:
    passed: list[Alert] = []
    pipeline = RoomPipeline(
        meter=RoomMeter(),
        attention=Attention(parse_rules("room coverage above 50% for 10 s")),
        on_alerts=passed.extend,
    )
    returned: list[Alert] = []
    for time in range(60):
        # From the thirtieth second on, nobody can be read.
        shown = HAPPY if time < 30 else None
        readings = class_frame(float(time), dict.fromkeys(range(1, 7), shown))
        returned += pipeline.push_readings(float(time), readings).alerts
    assert passed == returned
    assert [alert.ended is None for alert in passed] == [True, False]
