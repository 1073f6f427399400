"""Tests that the bundled and the fake expression net fulfil the contract of classifiers."""

from __future__ import annotations

import pytest

from roomread.classifier import ExpressionClassifier, FaceClassifier
from roomread.testing import FixedClassifier
from roomread.testing.contracts import ClassifierContract


class TestClassifiers(ClassifierContract):
    @pytest.fixture(scope="class", params=[ExpressionClassifier, FixedClassifier])
    @classmethod
    def classifier(cls, request: pytest.FixtureRequest) -> FaceClassifier:
        made: FaceClassifier = request.param()
        return made
