from __future__ import annotations

import sys

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.errors import MissingExtraError
from roomread.formats.lsl import CHANNELS, LslSink, sample
from roomread.readings import Expression, Frame


def test_sample_has_the_mean_of_readable_faces_and_the_counts() -> None:
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


def test_sample_without_a_readable_face_has_no_scores() -> None:
    values = sample(class_frame(0, {1: None}))
    assert np.isnan(values[:-2]).all()
    assert values[-2:] == [0, 1]


def test_lsl_inlet_receives_the_samples() -> None:
    pylsl = pytest.importorskip("pylsl")
    sink = LslSink("roomread-test")
    found = pylsl.resolve_byprop("name", "roomread-test", timeout=5)
    if not found:
        pytest.skip("this machine's network carries no multicast, by which LSL finds streams")
    inlet = pylsl.StreamInlet(found[0])
    inlet.open_stream(timeout=5)
    readings = class_frame(0, {1: Expression.HAPPY})
    sink.add(Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0, "0"), readings)
    received, _ = inlet.pull_sample(timeout=5)
    sink.close()
    assert received == pytest.approx(sample(readings), abs=1e-6)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(MissingExtraError, match=r"roomread\[lsl\]"):
        LslSink()
