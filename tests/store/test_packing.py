from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arbitrary
from classes import reading
from roomread.readings import Expression, Pose, Reading, Scores, Unreadable
from roomread.store import Session, StoredReadings
from roomread.store.packing import REASONS, RECORD, pack, pack_records, unpack

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SESSION = Session("1", "n", "lesson.mp4", "", 0.3, NOW, NOW, None, "", True, "all", "local")  # noqa: FBT003

HAPPY = np.eye(len(Expression), dtype=np.float32)[Expression.HAPPY]

seated = st.builds(
    lambda reading, seat: replace(reading, seat=seat),
    arbitrary.readings,
    st.integers(1, 2**31 - 1),
)


def stored(*batches: list[Reading]) -> list[Reading]:
    return list(StoredReadings(unpack([pack(batch) for batch in batches]), SESSION))


@given(st.lists(seated, max_size=10))
def test_expression_confidence_and_probabilities_are_stored_exactly(before: list[Reading]) -> None:
    after = stored(before[:5], before[5:])
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert new.scores == old.scores
        assert new.expression is old.expression
        assert new.confidence == old.confidence
        assert new.quality.reason is old.quality.reason
        assert new.seat == old.seat
        assert new.time == pytest.approx(old.time, abs=0.0006)
        assert new.box == pytest.approx(old.box, abs=0.006)
        assert (new.pose is None) == (old.pose is None)
        assert new.eyes_closed == pytest.approx(old.eyes_closed, abs=0.0006)


def test_expressions_of_twenty_thousand_readings_are_unchanged_by_storage() -> None:
    random = np.random.default_rng(0)
    values = random.dirichlet([0.3] * 7, 20_000).astype(np.float32)
    threshold = float(np.median(values.max(axis=1)))
    before = [replace(reading(1, 0.0, row), scores=Scores(row, threshold)) for row in values]
    after = stored(before)
    assert [r.expression for r in after] == [r.expression for r in before]
    assert sum(r.expression is None for r in after) > 9_000


def test_box_in_hundredths_of_a_pixel_and_time_in_milliseconds_are_stored_exactly() -> None:
    seen = reading(3, 12.345, None)
    box = seen.box.moved(0.07, 0.13).rounded(2)
    (back,) = stored([replace(seen, box=box)])
    assert (back.time, back.box) == (12.345, box)


def test_fields_that_are_not_stored_are_none_when_read_back() -> None:
    (back,) = stored([replace(reading(3, 1.0, None), track_id=7, seat=3)])
    assert (back.frame_index, back.track_id, back.detection_confidence) == (None, None, None)
    assert (back.pose, back.action_units, back.eyes) == (None, None, None)
    assert back.quality.size is None
    assert back.seat == 3


def test_reading_without_a_seat_is_stored_under_its_track_id() -> None:
    tracked = replace(reading(1, 0.0, None), track_id=5, seat=None)
    assert [r.seat for r in stored([tracked, replace(tracked, track_id=None)])] == [5]


def test_packing_no_readings_gives_empty_bytes() -> None:
    assert pack([]) == b""
    assert stored([], []) == []
    assert pack_records(unpack([])) == b""


def test_columns_of_stored_readings_equal_the_readings() -> None:
    before = [reading(n % 3 + 1, n / 2, row) for n, row in enumerate([None, *np.eye(7)], 1)]
    columns = StoredReadings(unpack([pack(before)]), SESSION, {2: "Ada"})
    readings = list(columns)
    assert columns.times.tolist() == [r.time for r in readings]
    assert columns.seats.tolist() == [r.seat for r in readings]
    assert columns.readable.tolist() == [r.scores is not None for r in readings]
    assert columns.valences.tolist() == [r.scores.valence if r.scores else 0 for r in readings]
    assert {r.person for r in readings if r.seat == 2} == {"Ada"}
    assert columns.last_boxes() == {r.seat: r.box for r in readings}


def test_slice_of_stored_readings_has_the_same_rows() -> None:
    before = [reading(n, 0.0, None) for n in range(1, 6)]
    columns = StoredReadings(unpack([pack(before)]), SESSION)
    assert [r.seat for r in columns[1:3]] == [2, 3]


def test_every_unreadable_reason_has_a_fixed_number() -> None:
    assert set(REASONS) == set(Unreadable)
    assert REASONS[0] is Unreadable.TOO_SMALL
    assert REASONS[6] is Unreadable.TURNED_AWAY


def test_stored_record_has_no_field_for_a_picture_or_a_face_vector() -> None:
    names = {"time", "seat", "reason", "threshold", "scores", "box", "pose", "eyes"}
    assert set(RECORD.names or ()) == names
    assert RECORD.itemsize == 69


def test_pose_and_eye_closure_with_the_precision_of_the_pipeline_are_stored_exactly() -> None:
    seen = [
        replace(reading(seat, 0.0, HAPPY), pose=pose, action_units=units)
        for seat, pose, units in (
            (1, Pose(-30.1, 25.0, -179.9), {"AU12": 0.9, "AU45": 0.501}),
            (2, Pose(30.0, -25.1, 180.0), {"AU12": 0.9}),
            (3, None, {"AU45": 0.0}),
            (4, None, None),
        )
    ]
    back = stored(seen)
    assert [each.pose for each in back] == [each.pose for each in seen]
    assert [each.eyes_closed for each in back] == [0.501, None, 0.0, None]
    assert [each.looking_away for each in back] == [True, True, None, None]
    assert [each.eyes_shut for each in back] == [True, None, False, None]


def first_format(readings: list[Reading]) -> bytes:
    """Return a batch as it was written before poses and eyes were stored."""
    records = unpack([pack(readings)])
    fields = list(RECORD.names or ())[:-2]
    old = np.zeros(len(records), dtype=[(name, RECORD[name]) for name in fields])
    for name in fields:
        old[name] = records[name]
    return zlib.compress(old.view(np.uint8).reshape(len(old), -1).T.tobytes(), 1)


def test_batches_of_the_first_and_the_current_format_are_read_together() -> None:
    before = [replace(reading(seat, seat / 2, HAPPY), pose=Pose(50, 0, 0)) for seat in (1, 2, 3)]
    old = first_format(before[:2])
    assert len(zlib.decompress(old)) == 2 * 61
    back = list(StoredReadings(unpack([old, pack(before[2:])]), SESSION))
    assert [each.scores for each in back] == [each.scores for each in before]
    assert [(each.seat, each.time, each.box) for each in back] == [
        (each.person_key, each.time, each.box) for each in before
    ]
    assert [each.pose for each in back] == [None, None, Pose(50, 0, 0)]
    assert [each.action_units for each in back] == [None, None, None]


def test_batch_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(KeyError):
        unpack([b"\x03" + pack([reading(1, 0.0, HAPPY)])[1:]])


def test_packed_readings_of_a_class_take_less_than_48_bytes_each() -> None:
    random = np.random.default_rng(0)
    shown = random.dirichlet([0.3] * 7, 50).astype(np.float32)
    second = [
        replace(
            reading(seat, time, shown[seat - 1]),
            pose=Pose(*random.normal(0, 10, 3).round(1).tolist()),
            action_units={"AU45": round(float(random.beta(1, 5)), 3)},
        )
        for time in (1.0, 1.5)
        for seat in range(1, 51)
    ]
    assert len(pack(second)) / 100 < 48
