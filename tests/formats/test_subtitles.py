from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.formats.label_runs import LabelRun
from roomread.formats.subtitles import MetadataSink, SubtitleSink, cues
from roomread.readings import Expression, Frame
from roomread.wire.schema import FACE

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def written(*, comma: bool) -> str:
    file = io.StringIO()
    sink = SubtitleSink(file, comma=comma)
    for time, shown in ((3599.5, {1: HAPPY}), (3600.0, {1: HAPPY}), (3600.5, {1: SAD})):
        picture = Frame(np.zeros((8, 8, 3), np.uint8), time, 0, "lesson.mp4")
        sink.add(picture, class_frame(time, shown))
    sink.close()
    return file.getvalue()


def test_webvtt_has_a_cue_for_each_expression() -> None:
    assert written(comma=False) == (
        "WEBVTT\n\n"
        "1\n00:59:59.500 --> 01:00:00.500\nhappy\n\n"
        "2\n01:00:00.500 --> 01:00:01.000\nsad\n\n"
    )


def test_subrip_has_a_comma_in_its_times_and_no_header() -> None:
    assert written(comma=True).startswith("1\n00:59:59,500 --> 01:00:00,500\nhappy\n\n2\n")


def test_subtitle_cue_lists_each_face_if_few_and_counts_expressions_if_many() -> None:
    few = [LabelRun(2, "sad", 0, 1), LabelRun(1, "happy", 0, 1)]
    assert [cue.text for cue in cues(few)] == ["1: happy, 2: sad"]
    many = [LabelRun(n, "happy" if n % 3 else "sad", 0, 1) for n in range(1, 8)]
    assert [cue.text for cue in cues(many)] == ["5 happy, 2 sad"]


def test_subtitle_cues_never_overlap_and_times_without_faces_have_no_cue() -> None:
    found = list(
        cues([LabelRun(1, "happy", 0, 2), LabelRun(2, "sad", 1, 3), LabelRun(1, "sad", 5, 6)])
    )
    assert [(cue.start, cue.end) for cue in found] == [(0, 1), (1, 2), (2, 3), (5, 6)]
    assert [cue.text for cue in found] == ["happy", "1: happy, 2: sad", "sad", "sad"]


def test_text_of_a_cue_has_no_line_break_and_no_arrow() -> None:
    assert not re.search(r"-->|\n", "".join(cue.text for cue in cues([LabelRun(1, "sad", 0, 1)])))


def test_cue_of_the_metadata_track_is_json_with_the_label_and_fields_of_each_face() -> None:
    webvtt = pytest.importorskip("webvtt", reason="the dev group has it")
    file = io.StringIO()
    sink = MetadataSink(file)
    for time, shown in ((0.0, {1: HAPPY, 2: None}), (0.5, {1: SAD, 2: None})):
        picture = Frame(np.zeros((8, 8, 3), np.uint8), time, 0, "lesson.mp4")
        readings = [replace(each, person="a --> b", seat=4) for each in class_frame(time, shown)]
        sink.add(picture, [readings[0], replace(readings[1], seat=5)])
    sink.close()
    captions = webvtt.from_string(file.getvalue()).captions
    assert [(each.start, each.end) for each in captions] == [
        ("00:00:00.000", "00:00:00.500"),
        ("00:00:00.500", "00:00:01.000"),
    ]
    first, second = json.loads(captions[0].raw_text)
    assert first.keys() == (FACE.fields.keys() - {"expression"}) | {"face", "label"}
    assert (first["face"], first["label"], first["person"]) == (4, "happy", "a --> b")
    assert first["scores"]["happy"] == pytest.approx(0.9, abs=1e-4)
    assert (second["label"], second["unreadable"]) == ("unreadable", "turned away")
