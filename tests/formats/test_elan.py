from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pympi

from classes import frame as class_frame
from roomread.formats.elan import ElanSink
from roomread.readings import Expression, Frame, Pose, Reading
from roomread.wire.schema import FACE

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def full_frame(time: float, shown: Mapping[int, Expression | None]) -> list[Reading]:
    """Return readings in which every field that a net may predict has a value."""
    return [
        replace(
            each,
            person="Ada",
            valence=0.25,
            pose=Pose(-10, 5, 2),
            action_units={"AU12": 0.5},
        )
        for each in class_frame(time, shown)
    ]


def write(
    folder: Path,
    frame_of: Callable[[float, Mapping[int, Expression | None]], list[Reading]] = class_frame,
) -> Path:
    video = folder / "lesson one.mp4"
    video.touch()
    path = folder / "lesson.eaf"
    with path.open("w", encoding="utf-8") as file:
        sink = ElanSink(file)
        for time, shown in ((0.0, {1: HAPPY, 2: None}), (0.5, {1: SAD, 2: None})):
            picture = Frame(np.zeros((8, 8, 3), np.uint8), time, 0, str(video))
            sink.add(picture, frame_of(time, shown))
        sink.close()
    return path


def test_pympi_reads_tiers_annotations_and_media(tmp_path: Path) -> None:
    document = pympi.Elan.Eaf(str(write(tmp_path)))
    tiers = document.get_child_tiers_for
    assert set(document.get_tier_names()) - {*tiers("face 1"), *tiers("face 2")} == {
        "face 1",
        "face 2",
    }
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
    labels = root.iterfind(".//ALIGNABLE_ANNOTATION/ANNOTATION_VALUE")
    assert {label.text for label in labels} <= words
    assert {each.display_name for each in Expression} < words


def test_dependent_tiers_have_every_field_of_the_schema(tmp_path: Path) -> None:
    document = pympi.Elan.Eaf(str(write(tmp_path, full_frame)))
    fields = {name.removeprefix("face 1 ") for name in document.get_child_tiers_for("face 1")}
    assert fields == set(FACE.fields) - {"expression"}

    def values(tier: str) -> list[tuple[int, int, str]]:
        return [each[:3] for each in document.get_ref_annotation_data_for_tier(f"face 1 {tier}")]

    assert values("valence") == [(0, 500, "0.25"), (500, 1000, "0.25")]
    assert values("track_id")[0] == (0, 500, "1")
    assert values("person")[0] == (0, 500, "Ada")
    assert json.loads(values("pose")[0][2]) == {"pitch": 5.0, "roll": 2.0, "yaw": -10.0}
    assert json.loads(values("action_units")[0][2]) == {"AU12": 0.5}
    assert values("unreadable") == []
    assert document.tiers["face 1"][2]["PARTICIPANT"] == "Ada"
    assert set(document.get_linguistic_type_names()) >= {"field", "expression"}
