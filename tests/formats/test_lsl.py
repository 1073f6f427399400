from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.errors import MissingExtraError
from roomread.formats.lsl import CHANNELS, LslSink, sample
from roomread.readings import Expression, Frame, Pose
from roomread.wire import FrameReadings, frame_from_dict


def test_lsl_sample_has_mean_scores_and_the_counts_of_readable_and_all_faces() -> None:
    values = dict(
        zip(
            CHANNELS,
            sample(class_frame(0, {1: Expression.HAPPY, 2: Expression.SAD, 3: None})),
            strict=True,
        )
    )
    assert values["happy"] == pytest.approx(values["sad"])
    assert values["valence"] == pytest.approx(values["happy"] - values["sad"] - 3 * values["fear"])
    assert (values["readable"], values["faces"]) == (2, 3)


def test_lsl_sample_without_a_readable_face_has_nan_scores() -> None:
    values = sample(class_frame(0, {1: None}))
    assert np.isnan(values[:-2]).all()
    assert values[-2:] == [0, 1]


def test_pose_and_action_units_are_means_over_the_faces_that_have_them() -> None:
    turned, tilted, other = class_frame(0, {1: Expression.HAPPY, 2: Expression.SAD, 3: None})
    turned = replace(turned, pose=Pose(10, 0, 0), action_units={"AU12": 0.25, "AU1": 0.5})
    tilted = replace(tilted, pose=Pose(20, 0, 4), action_units={"AU12": 0.75})
    values = dict(zip(CHANNELS, sample([turned, tilted, other]), strict=True))
    assert (values["yaw"], values["roll"]) == (15, 2)
    assert (values["AU12"], values["AU1"]) == (0.5, 0.5)
    assert np.isnan(values["AU4"])


def test_lsl_inlets_receive_the_mean_scores_and_each_face_as_json() -> None:
    pylsl = pytest.importorskip("pylsl")
    sink = LslSink("roomread-test")
    found = [
        *pylsl.resolve_byprop("name", "roomread-test", timeout=5),
        *pylsl.resolve_byprop("name", "roomread-test faces", timeout=5),
    ]
    if not found:
        pytest.skip("this machine's network carries no multicast, by which LSL finds streams")
    means, faces = (pylsl.StreamInlet(each) for each in found)
    means.open_stream(timeout=5)
    faces.open_stream(timeout=5)
    readings = class_frame(0.5, {1: Expression.HAPPY, 2: None})
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0.5, 0, "lesson")
    sink.add(frame, readings)
    received, time = means.pull_sample(timeout=5)
    (text,), same_time = faces.pull_sample(timeout=5)
    labels = means.info(timeout=5).get_channel_labels()
    sink.close()
    assert received == pytest.approx(sample(readings), abs=1e-6, nan_ok=True)
    assert frame_from_dict(json.loads(text)) == FrameReadings.of(frame, readings)
    assert same_time == time
    assert tuple(labels) == CHANNELS


def test_error_without_pylsl_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(MissingExtraError, match=r"roomread\[lsl\]"):
        LslSink()
