"""Run Roomread's contract tests on the example plug-ins."""

from __future__ import annotations

import pytest
from roomread_example.classifier import Mirrored
from roomread_example.counts import CountsSink
from roomread_example.detector import UprightFaces
from roomread_example.tracker import Nearest

from roomread.faces import CenterFace
from roomread.testing.contracts import (
    ClassifierContract,
    DetectorContract,
    FormatContract,
    MakeSink,
    TrackerContract,
)

DETECTOR = CenterFace()


class TestUprightFaces(DetectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> UprightFaces:
        return UprightFaces()


class TestMirrored(ClassifierContract):
    @pytest.fixture(scope="class")
    @classmethod
    def classifier(cls) -> Mirrored:
        return Mirrored()


class TestNearest(TrackerContract):
    @pytest.fixture
    def tracker(self) -> Nearest:
        return Nearest(DETECTOR)


class TestCounts(FormatContract):
    @pytest.fixture
    def make_sink(self) -> MakeSink:
        return lambda file, states: CountsSink(file, states=states)
