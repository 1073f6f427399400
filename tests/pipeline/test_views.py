from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.classifier import ExpressionClassifier, Predictions
from roomread.classifier.selfcheck import check_pictures
from roomread.pipeline.views import larger_geometry, predict_views, predict_with_mirror_images

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

    def predict(crops: NDArray[np.uint8]) -> Predictions:
        none = np.zeros((len(crops), 0), np.float32)
        return whole(crops)._replace(action_units=none, pose=none)

    monkeypatch.setattr(classifier, "predict", predict)
    every = np.ones(len(CROPS), dtype=bool)
    for wide in (None, MIRRORED):
        found = predict_views(classifier, CROPS, wide, turned=every)
        assert found.pose.shape == found.action_units.shape == (len(CROPS), 0)
        assert found.logits.shape == (len(CROPS), 7)


def test_mean_of_four_views_has_each_crop_and_each_mirror_image_with_equal_weight(
    classifier: ExpressionClassifier,
) -> None:
    wide = np.ascontiguousarray(np.roll(CROPS, 2, axis=1))
    views = (CROPS, MIRRORED, wide, np.ascontiguousarray(wide[:, :, ::-1]))
    none = np.zeros(len(CROPS), dtype=bool)
    found = predict_views(classifier, CROPS, wide, turned=none)
    for name in ("logits", "features", "action_units", "logits_fer2013"):
        mean = sum(getattr(classifier.predict(view), name) for view in views) / 4
        np.testing.assert_allclose(getattr(found, name), mean, atol=1e-4)
    signs = ((1, 1, 1), (-1, 1, -1)) * 2
    poses = [classifier.predict(view).pose * sign for view, sign in zip(views, signs, strict=True)]
    np.testing.assert_allclose(found.pose, np.mean(poses, axis=0), atol=1e-3)
    assert np.abs(found.pose).max() > 0.1


def test_no_faces_have_no_outputs(classifier: ExpressionClassifier) -> None:
    for wide in (None, CROPS[:0]):
        found = predict_views(classifier, CROPS[:0], wide, turned=np.zeros(0, dtype=bool))
        assert found.logits.shape == (0, 7)


def test_without_larger_crops_only_rotated_faces_have_a_second_view(
    classifier: ExpressionClassifier,
) -> None:
    turned = np.arange(len(CROPS)) % 2 == 0
    found = predict_views(classifier, CROPS, None, turned=turned)
    for values, expected in zip(
        found, predict_with_mirror_images(classifier, CROPS, turned), strict=True
    ):
        np.testing.assert_array_equal(values, expected)


def test_larger_crop_has_the_same_centre_and_a_side_that_is_a_tenth_longer(
    classifier: ExpressionClassifier,
) -> None:
    framing = classifier.framing
    wide = larger_geometry(framing)
    assert wide.side == pytest.approx(1.1 * framing.side)
    assert replace(wide, side=framing.side) == framing
