from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.text import Text

from classes import frame as class_frame
from roomread.cli.tables import TableSink
from roomread.readings import Expression, Frame, Reading, StateScore
from terminal import Terminal

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def frame(time: float, source: str = "a.mp4") -> Frame:
    return Frame(np.zeros((8, 8, 3), np.uint8), time, 0, source)


def without_track(reading: Reading) -> Reading:
    return replace(reading, track_id=None, seat=None)


def printed(*added: tuple[Frame, list[Reading]], file: io.StringIO | None = None) -> str:
    file = file or io.StringIO()
    sink = TableSink(file)
    for picture, readings in added:
        sink.add(picture, readings)
    sink.close()
    return Text.from_ansi(file.getvalue()).plain


def test_faces_of_a_picture_are_numbered_in_the_order_of_the_readings() -> None:
    faces = [without_track(each) for each in class_frame(0.0, {1: HAPPY, 2: None})]
    lines = printed((frame(0.0, "a.jpg"), faces)).splitlines()
    assert lines[0].strip() == "a.jpg: 2 faces"
    first, second = (line.split() for line in lines if line.strip()[:1] in ("1", "2"))
    assert first[:4] == ["1", "90,30", "70x90", "happy"]
    assert second[:5] == ["2", "360,30", "70x90", "turned", "away"]


def test_long_path_is_printed_in_one_line_however_narrow_the_terminal_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    path = f"/{'[folder] ' * 30}"
    face = class_frame(0.0, {1: HAPPY})
    text = printed(
        (frame(0.0, path + "a.jpg"), [without_track(face[0])]),
        (frame(0.0, path + "b.jpg"), []),
        (frame(0.0, path + "c.mp4"), face),
        file=Terminal(),
    )
    lines = text.splitlines()
    assert path + "a.jpg: 1 face" in lines
    assert path + "b.jpg: no face" in lines
    assert path + "c.mp4: 1 person in 1 frame, mean scores" in lines


def test_reading_below_the_threshold_is_shown_as_unsure_with_its_top_expression() -> None:
    (face,) = class_frame(0.0, {1: HAPPY}, confidence=0.29)
    assert "unsure (happy?)" in printed((frame(0.0), [without_track(face)]))


@pytest.mark.parametrize("width", [80, 110])
def test_narrow_terminal_wraps_labels_and_shows_all_scores(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    (face,) = class_frame(0.0, {1: HAPPY}, confidence=0.29)
    states = (StateScore("very confused", 0.99, 0.98),)
    face = without_track(replace(face, states=states))
    text = printed((frame(0.0), [face]), file=Terminal())
    assert max(map(len, text.splitlines())) <= width
    for word in ("unsure", "(happy?)", "very", "confused", "90,30", "70x90", "29%", "0.29"):
        assert word in text
    assert "…" not in text
    assert text.count("0.12") == 6


def test_people_of_a_video_are_summarised_at_its_end() -> None:
    text = printed(
        (frame(0.0), class_frame(0.0, {1: HAPPY, 2: SAD})),
        (frame(2.0), class_frame(2.0, {1: HAPPY})),
        (frame(4.0), class_frame(4.0, {1: None})),
    )
    assert text.splitlines()[0].strip() == "a.mp4: 2 people in 3 frames, mean scores"
    first, second = (line for line in text.splitlines() if line.strip().startswith("#"))
    assert first.split()[:10] == ["#1", "0.0", "to", "4.0", "s", "2", "of", "3", "happy", "67%"]
    assert second.split()[:10] == ["#2", "0.0", "to", "0.0", "s", "1", "of", "1", "sad", "100%"]


def test_person_who_was_never_readable_has_no_scores() -> None:
    text = printed((frame(0.0), class_frame(0.0, {1: None})))
    (row,) = (line for line in text.splitlines() if line.strip().startswith("#"))
    assert row.split() == ["#1", "0.0", "to", "0.0", "s", "0", "of", "1"]


def test_taught_states_are_counted_for_each_person() -> None:
    (face,) = class_frame(0.0, {1: HAPPY})
    tired = replace(face, states=(StateScore("tired", 0.99, 0.98),))
    row = printed((frame(0.0), [tired]), (frame(1.0), [face]))
    assert "happy 100% + tired 50%" in row


def test_each_source_has_its_own_summary_even_without_faces() -> None:
    text = printed(
        (frame(0.0, "a [x].mp4"), []),
        (frame(0.0, "b\n.mp4"), class_frame(0.0, {1: HAPPY})),
    )
    assert text.splitlines()[0] == "a [x].mp4: no face"
    assert "b\\n.mp4: 1 person in 1 frame," in text
