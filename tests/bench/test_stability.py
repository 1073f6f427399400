"""A plain smile keeps its label when its picture changes a little."""

from __future__ import annotations

import numpy as np
import pytest

from roomread.bench import scenes
from roomread.bench.stability import CHANGES, Answer, measure
from roomread.classifier import ExpressionClassifier
from roomread.faces import CenterFace
from roomread.testing import FixedDetector


def test_clear_face_keeps_its_label_under_small_image_changes() -> None:
    pictures = [scenes.astronaut(), scenes.hopper()]
    results = measure(pictures, CenterFace(), ExpressionClassifier())
    assert {name for name, _ in results} == set(CHANGES)
    for (name, answer), stability in results.items():
        assert stability.faces == 2, name
        if name.startswith(("mirror", "2 px")):
            assert (stability.same, stability.other) == (1.0, 0.0), (name, answer)


def test_faces_that_are_never_found_are_not_counted() -> None:
    empty = np.zeros((64, 64, 3), np.uint8)
    results = measure([empty], FixedDetector([]), ExpressionClassifier())
    assert {stability.faces for stability in results.values()} == {0}
    assert results["mirror image", Answer.ONE].same == pytest.approx(0)
