"""Tests that the built-in face detectors fulfil the contract of detectors."""

from __future__ import annotations

import pytest

from roomread.bench import scenes
from roomread.faces import CenterFace, FaceDetector, Haar
from roomread.testing.contracts import DetectorContract


class TestDetectors(DetectorContract):
    @pytest.fixture(scope="class", params=["centerface", "haar"])
    @classmethod
    def detector(cls, request: pytest.FixtureRequest) -> FaceDetector:
        if request.param == "haar":
            pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
            return Haar()
        return CenterFace(threads=1)


def test_detectors_return_similar_boxes_for_the_same_face() -> None:
    pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
    ours, classic = CenterFace(threads=1), Haar()
    for portrait, _ in scenes.portraits():
        (one,), (other,) = ours.detect(portrait), classic.detect(portrait)
        assert one.box.iou(other.box) >= 0.5
