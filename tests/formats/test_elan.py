from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pympi

from classes import frame as class_frame
from roomread.formats.elan import ElanSink
from roomread.readings import Expression, Frame

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def write(folder: Path) -> Path:
    video = folder / "lesson one.mp4"
    video.touch()
    path = folder / "lesson.eaf"
    with path.open("w", encoding="utf-8") as file:
        sink = ElanSink(file)
        for time, shown in ((0.0, {1: HAPPY, 2: None}), (0.5, {1: SAD, 2: None})):
            picture = Frame(np.zeros((8, 8, 3), np.uint8), time, 0, str(video))
            sink.add(picture, class_frame(time, shown))
        sink.close()
    return path


def test_independent_parser_reads_tiers_annotations_and_media(tmp_path: Path) -> None:
    document = pympi.Elan.Eaf(str(write(tmp_path)))
    assert set(document.get_tier_names()) == {"face 1", "face 2"}
    annotations = [each[:3] for each in document.get_annotation_data_for_tier("face 1")]
    assert annotations == [(0, 500, "happy"), (500, 1000, "sad")]
    assert document.get_annotation_data_for_tier("face 2")[0][:3] == (0, 1000, "unreadable")
    (media,) = document.media_descriptors
    assert media["RELATIVE_MEDIA_URL"] == "./lesson one.mp4"
    assert media["MEDIA_URL"].startswith("file:///")


def test_time_slots_increase_and_every_label_is_in_the_vocabulary(tmp_path: Path) -> None:
    root = ET.parse(write(tmp_path)).getroot()  # noqa: S314 (written by the test)
    times = [int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")]
    assert times == sorted(set(times))
    words = {value.text for value in root.iter("CVE_VALUE")}
    assert {value.text for value in root.iter("ANNOTATION_VALUE")} <= words
    assert {each.display_name for each in Expression} < words
