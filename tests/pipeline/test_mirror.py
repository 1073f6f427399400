from __future__ import annotations

import numpy as np
import pytest

from roomread.classifier import ExpressionClassifier
from roomread.classifier.selfcheck import check_pictures
from roomread.pipeline.mirror import MirroringClassifier, predict_with_mirror_images

CROPS = check_pictures()
MIRRORED = np.ascontiguousarray(CROPS[:, :, ::-1])


@pytest.fixture(scope="module")
def classifier() -> ExpressionClassifier:
    return ExpressionClassifier()


def test_crop_and_its_mirror_image_have_the_same_outputs_and_the_opposite_yaw_and_roll(
    classifier: ExpressionClassifier,
) -> None:
    every = np.ones(len(CROPS), dtype=bool)
    one = predict_with_mirror_images(classifier, CROPS, every)
    other = predict_with_mirror_images(classifier, MIRRORED, every)
    turned = other._replace(pose=other.pose * (-1, 1, -1))
    for own, same in zip(one, turned, strict=True):
        np.testing.assert_allclose(own, same, atol=1e-4)
    assert np.abs(one.pose[:, 0]).max() > 0.1


def test_outputs_are_means_where_the_mirror_image_is_read_and_those_of_the_crop_elsewhere(
    classifier: ExpressionClassifier,
) -> None:
    own, other = classifier.predict(CROPS), classifier.predict(MIRRORED)
    mirror = np.arange(len(CROPS)) % 2 == 0
    found = predict_with_mirror_images(classifier, CROPS, mirror)
    means = (own.logits + other.logits) / 2
    np.testing.assert_allclose(found.logits[mirror], means[mirror], atol=1e-4)
    for values, expected in zip(found, own, strict=True):
        np.testing.assert_allclose(values[~mirror], expected[~mirror], atol=1e-4)


def test_net_without_pose_and_action_units_has_none(
    classifier: ExpressionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = classifier.predict
    none = np.zeros((len(CROPS) * 2, 0), np.float32)
    monkeypatch.setattr(
        classifier, "predict", lambda crops: whole(crops)._replace(action_units=none, pose=none)
    )
    found = predict_with_mirror_images(classifier, CROPS, np.ones(len(CROPS), dtype=bool))
    assert found.pose.shape == found.action_units.shape == (len(CROPS), 0)
    assert found.logits.shape == (len(CROPS), 7)


def test_mirroring_classifier_gives_a_crop_and_its_mirror_image_the_same_scores(
    classifier: ExpressionClassifier,
) -> None:
    both = MirroringClassifier(classifier)
    assert (both.side, both.framing) == (classifier.side, classifier.framing)
    assert both.threshold == classifier.threshold
    for one, other, alone in zip(
        both.classify(CROPS), both.classify(MIRRORED), classifier.classify(CROPS), strict=True
    ):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)
        assert np.abs(np.subtract(one.probabilities, alone.probabilities)).max() > 1e-3
