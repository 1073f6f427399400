"""Tests of `FaceReader`, mostly with fixed classifiers; the nets have tests of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.bench import scenes
from roomread.classifier import ExpressionClassifier, Prediction, Predictions
from roomread.errors import ProfileError
from roomread.faces.orientation import UPRIGHT, rotated
from roomread.pipeline import face_reader
from roomread.pipeline.face_reader import FaceReader
from roomread.readings import Box, Expression, Face, Frame, Scores, Unreadable
from roomread.testing import FixedClassifier
from roomread.tracking import ScoreCache

NOISE = np.random.default_rng(0).integers(0, 256, (200, 400, 3), dtype=np.uint8)
FACES = [Face(Box(10, 10, 110, 110), None, 0.9), Face(Box(200, 10, 300, 110), None, 0.8)]
SMALL = Face(Box(150, 150, 160, 160), None, 0.5)


class CountingClassifier(FixedClassifier):
    """A classifier that counts its crops."""

    def __init__(self) -> None:
        super().__init__(Expression.SAD)
        self.crops = 0

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        self.crops += len(crops)
        return super().classify(crops)


class CountingNet(ExpressionClassifier):
    """The bundled net, which counts its crops."""

    crops = 0

    def predict(self, crops: NDArray[np.uint8]) -> Predictions:
        self.crops += len(crops)
        return super().predict(crops)


def frame(time: float = 0.0) -> Frame:
    return Frame(NOISE, time, round(25 * time), "made up")


def test_reading_describes_its_face_and_its_frame() -> None:
    one, other = FaceReader(FixedClassifier(Expression.SAD)).read(frame(2.0), FACES, [7, 8])
    assert (one.source, one.time, one.frame_index) == ("made up", 2.0, 50)
    assert (one.box, one.detection_confidence) == (FACES[0].box, 0.9)
    assert (one.track_id, other.track_id) == (7, 8)
    assert one.expression is Expression.SAD
    assert other.box == FACES[1].box


def test_face_that_cannot_be_read_is_not_classified() -> None:
    classifier = CountingClassifier()
    readings = FaceReader(classifier).read(frame(), [FACES[0], SMALL, FACES[1]])
    assert [reading.unreadable for reading in readings] == [None, Unreadable.TOO_SMALL, None]
    assert readings[1].scores is None
    assert classifier.crops == 2


def test_no_faces_give_no_readings() -> None:
    assert FaceReader(FixedClassifier()).read(frame(), []) == []
    assert FaceReader(ExpressionClassifier()).read(frame(), []) == []


def test_cached_prediction_is_used_until_it_expires() -> None:
    classifier = CountingClassifier()
    reader, cache = FaceReader(classifier), ScoreCache[Prediction](max_age=0.2)
    for time in (0.0, 0.04, 0.08, 1.0):
        readings = reader.read(frame(time), FACES, [1, 2], cache=cache)
        assert [reading.time for reading in readings] == [time, time]
        assert [reading.expression for reading in readings] == [Expression.SAD] * 2
    # Each face is read at first and again after a second, some earlier, as tracks take turns.
    assert 4 <= classifier.crops <= 6


def test_picture_without_tracks_uses_no_cache() -> None:
    classifier = CountingClassifier()
    reader, cache = FaceReader(classifier), ScoreCache[Prediction](max_age=10)
    for _ in range(3):
        reader.read(frame(), FACES, cache=cache)
    assert classifier.crops == 6


def test_observe_reads_four_views_of_each_readable_face() -> None:
    net = CountingNet()
    # A face of noise would be unreadable as covered.
    portrait = Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    face = Face(scenes.ASTRONAUT_FACE, None, 0.9)
    one, small, other = FaceReader(net).observe(portrait, [face, SMALL, face])
    assert net.crops == 8
    assert small.features is None
    assert small.logits is None
    assert one.logits is not None
    assert other.features is not None
    assert one.logits.shape == (7,)
    assert one.reading == FaceReader(net).read(portrait, [face])[0]


def test_observe_returns_the_features_of_a_face_that_looks_covered() -> None:
    (one,) = FaceReader(ExpressionClassifier()).observe(frame(), FACES[:1])
    assert one.reading.unreadable is None
    assert one.features is not None


def test_face_replaced_by_noise_is_unreadable_because_covered() -> None:
    (reading,) = FaceReader(ExpressionClassifier()).read(frame(), FACES[:1])
    assert reading.unreadable is Unreadable.COVERED
    assert reading.scores is None


@pytest.mark.parametrize(("score", "falls"), [(-1.0, False), (2.0, True)])
def test_confidence_is_lower_for_a_face_that_may_be_covered(
    monkeypatch: pytest.MonkeyPatch, score: float, *, falls: bool
) -> None:
    portrait = Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    face = Face(scenes.ASTRONAUT_FACE, None, 0.9)
    reader = FaceReader(ExpressionClassifier())
    (sure,) = reader.read(portrait, [face])
    monkeypatch.setattr(face_reader, "cover_scores", lambda crops: np.full(len(crops), score))
    (reading,) = reader.read(portrait, [face])
    assert reading.unreadable is None
    assert reading.confidence is not None
    assert sure.confidence is not None
    assert (reading.confidence < sure.confidence) == falls


def test_net_reads_four_views_of_a_face_in_pictures_and_in_batches_and_one_in_videos() -> None:
    net = CountingNet()
    reader, portrait = FaceReader(net), Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    face = Face(scenes.ASTRONAUT_FACE, None, 0.9)
    alone = reader.read(portrait, [face, SMALL, face])
    assert net.crops == 8
    net.crops = 0
    faces = [reader.cut_faces(portrait, faces) for faces in ([face, SMALL, face], [face])]
    assert reader.read_cut(faces)[0] == alone
    assert net.crops == 12
    # In a video the scores are averaged over time instead.
    net.crops = 0
    reader.read(portrait, [face, face], [1, 2])
    assert net.crops == 2


def test_mirror_image_of_a_picture_has_the_same_readings_with_the_opposite_yaw_and_roll() -> None:
    image, face = scenes.astronaut(), portrait_face()
    width = image.shape[1]
    assert face.landmarks is not None
    # In a mirror image, the eyes change places, and so do the corners of the mouth.
    points = (face.landmarks[[1, 0, 2, 4, 3]] * (-1, 1) + (width, 0)).astype(np.float32)
    box = Box(width - face.box.right, face.box.top, width - face.box.left, face.box.bottom)
    reader = FaceReader(ExpressionClassifier())
    (one,) = reader.read(Frame(image, 0.0, 0, "one"), [face])
    (other,) = reader.read(Frame(image[:, ::-1], 0.0, 0, "other"), [Face(box, points, 0.9)])
    assert one.scores is not None
    assert other.scores is not None
    np.testing.assert_allclose(one.scores.probabilities, other.scores.probabilities, atol=0.02)
    assert one.action_units is not None
    assert other.action_units is not None
    assert one.action_units == pytest.approx(other.action_units, abs=0.02)
    assert one.pose is not None
    assert other.pose is not None
    turned = (-other.pose.yaw, other.pose.pitch, -other.pose.roll)
    assert (one.pose.yaw, one.pose.pitch, one.pose.roll) == pytest.approx(turned, abs=0.5)


def test_only_rotated_faces_of_a_video_are_read_together_with_their_mirror_images() -> None:
    portrait = Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    # Landmarks of an upright face of 120 px, and of a sideways face.
    upright = (UPRIGHT * 120 + np.array((200, 100))).astype(np.float32)
    lying = (rotated(UPRIGHT * 120, 90) + np.array((200, 100))).astype(np.float32)
    box = Box(140, 40, 260, 160)
    net = CountingNet()
    for landmarks, crops in ((upright, 1), (lying, 2)):
        net.crops = 0
        (reading,) = FaceReader(net).read(portrait, [Face(box, landmarks, 0.9)], [1])
        assert reading.unreadable is None
        assert net.crops == crops
    image = portrait.image
    own, width = scenes.ASTRONAUT_FACE, image.shape[1]
    other_box = Box(width - own.right, own.top, width - own.left, own.bottom)
    points = (rotated(UPRIGHT * own.height, 20) + np.array(own.center)).astype(np.float32)
    # In a mirror image, the eyes change places, and so do the corners of the mouth.
    other_points = points[[1, 0, 2, 4, 3]] * (-1, 1) + (width, 0)
    turned = Face(own, points, 0.9)
    mirrored = Face(other_box, other_points.astype(np.float32), 0.9)
    reader = FaceReader(ExpressionClassifier())
    (one,) = reader.read(Frame(image, 0.0, 0, "one"), [turned], [1])
    (other,) = reader.read(Frame(image[:, ::-1], 0.0, 0, "other"), [mirrored], [1])
    assert one.scores is not None
    assert other.scores is not None
    np.testing.assert_allclose(one.scores.probabilities, other.scores.probabilities, atol=0.02)


def test_observe_with_a_classifier_without_a_model_file_is_an_error() -> None:
    with pytest.raises(ProfileError, match="need a model file"):
        FaceReader(FixedClassifier()).observe(frame(), FACES)


def portrait_face(*, nose: float = 0.0) -> Face:
    """Return the astronaut's face with upright landmarks; `nose` is its shift in face heights."""
    x, y = scenes.ASTRONAUT_FACE.center
    points = scenes.ASTRONAUT_FACE.height * UPRIGHT.copy()
    points[2, 0] += nose * scenes.ASTRONAUT_FACE.height
    return Face(scenes.ASTRONAUT_FACE, np.add(points, (x, y)).astype(np.float32), 0.9)


def test_bundled_net_gives_valence_pose_and_action_units() -> None:
    portrait = Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    (reading,) = FaceReader(ExpressionClassifier()).read(portrait, [portrait_face()])
    assert reading.scores is not None
    assert reading.valence == reading.scores.valence
    assert reading.pose is not None
    assert max(abs(reading.pose.yaw), abs(reading.pose.pitch), abs(reading.pose.roll)) < 25
    assert reading.action_units is not None
    assert len(reading.action_units) >= 15
    # The astronaut smiles.
    assert reading.action_units["AU12"] > 0.7
    assert reading.eyes_closed is not None
    assert reading.eyes_closed < 0.3


def test_face_that_is_turned_away_has_a_pose_but_no_scores() -> None:
    portrait = Frame(scenes.astronaut(), 0.0, 0, "astronaut")
    (reading,) = FaceReader(ExpressionClassifier()).read(portrait, [portrait_face(nose=0.35)])
    assert reading.unreadable is Unreadable.TURNED_AWAY
    assert reading.pose is not None
    assert reading.pose.yaw > 20
    assert (reading.scores, reading.valence, reading.action_units) == (None, None, None)


def test_classifier_without_a_model_file_gives_no_pose() -> None:
    (reading,) = FaceReader(FixedClassifier(Expression.SAD)).read(frame(), FACES[:1])
    assert (reading.pose, reading.action_units) == (None, None)
    assert reading.scores is not None
    assert reading.valence == reading.scores.valence
