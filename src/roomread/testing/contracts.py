"""Contracts of detectors, classifiers, trackers and formats, as tests for authors of plug-ins.

To test a plug-in, derive a class from its contract and define the fixture that the contract names:

    import pytest
    from roomread.testing.contracts import DetectorContract

    class TestBlobs(DetectorContract):
        @pytest.fixture(scope="class")
        @classmethod
        def detector(cls):
            return Blobs()

The contracts need pytest, and the extra `bench`, which contains the pictures of people.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.bench import scenes
from roomread.classifier import FaceClassifier
from roomread.errors import MediaError
from roomread.faces import FaceDetector
from roomread.formats.sink import Sink
from roomread.readings import Box, Expression, Frame, Quality, Reading, Scores, Unreadable
from roomread.tracking import Tracker

# A function that creates a sink, given the text file to write and the names of the states, such as
# "confused", that were taught in addition to the seven expressions.
MakeSink = Callable[[io.StringIO, Sequence[str]], Sink]


class DetectorContract:
    """Tests that every face detector must pass. Define the fixture `detector`."""

    @pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
    def test_portrait_has_one_face_from_forehead_to_chin(
        self, detector: FaceDetector, which: int
    ) -> None:
        portrait, box = scenes.portraits()[which]
        (face,) = detector.detect(portrait)
        assert face.box.iou(box) > 0.5
        assert 0 < face.detection_confidence <= 1
        assert all(type(edge) is float for edge in face.box)

    def test_largest_face_comes_first(self, detector: FaceDetector) -> None:
        picture = scenes.grid(columns=3, rows=2, people=5).image
        areas = [face.box.area for face in detector.detect(picture)]
        assert len(areas) == 5
        assert areas == sorted(areas, reverse=True)

    def test_landmarks_are_five_points_or_none(self, detector: FaceDetector) -> None:
        for face in detector.detect(scenes.astronaut()):
            if face.landmarks is not None:
                assert face.landmarks.shape == (5, 2)
                assert face.landmarks.dtype == np.float32

    @pytest.mark.parametrize("value", [0, 127, 255])
    def test_uniform_picture_has_no_face(self, detector: FaceDetector, value: int) -> None:
        assert detector.detect(np.full((120, 200, 3), value, dtype=np.uint8)) == []

    @pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 3000), (3000, 1), (31, 33)])
    def test_noise_in_pictures_of_extreme_sizes_has_no_face(
        self, detector: FaceDetector, height: int, width: int
    ) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        assert detector.detect(noise) == []

    def test_non_contiguous_array_is_read_like_its_copy(self, detector: FaceDetector) -> None:
        view = scenes.astronaut()[:, ::-1]
        copied = [face.box for face in detector.detect(view.copy())]
        assert [face.box for face in detector.detect(view)] == copied

    def test_detecting_faces_does_not_change_the_picture(self, detector: FaceDetector) -> None:
        picture = scenes.hopper().copy()
        detector.detect(picture)
        assert np.array_equal(picture, scenes.hopper())

    def test_detector_finds_the_same_faces_in_several_threads(self, detector: FaceDetector) -> None:
        pictures = [scenes.astronaut(), scenes.hopper()] * 3
        alone = [[face.box for face in detector.detect(picture)] for picture in pictures[:2]]
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(detector.detect, pictures))
        assert [[face.box for face in faces] for faces in found] == alone * 3

    @pytest.mark.parametrize(
        "wrong",
        [
            np.zeros((8, 8), dtype=np.uint8),
            np.zeros((8, 8, 4), dtype=np.uint8),
            np.zeros((0, 8, 3), dtype=np.uint8),
            np.zeros((8, 8, 3), dtype=np.float32),
        ],
        ids=["grey", "alpha", "empty", "float"],
    )
    def test_array_that_is_not_a_colour_picture_raises_media_error(
        self, detector: FaceDetector, wrong: NDArray[np.uint8]
    ) -> None:
        with pytest.raises(MediaError):
            detector.detect(wrong)


class ClassifierContract:
    """Tests that every expression net must pass. Define the fixture `classifier`."""

    def test_crop_size_geometry_and_threshold_are_valid(self, classifier: FaceClassifier) -> None:
        assert classifier.side >= 1
        assert classifier.framing.side > 0
        assert 0 <= classifier.threshold <= 1

    def test_scores_are_seven_probabilities_with_the_threshold(
        self, classifier: FaceClassifier
    ) -> None:
        for scores in classifier.classify(crops(classifier, 3)):
            assert scores.probabilities.shape == (len(Expression),)
            assert scores.probabilities.dtype == np.float32
            assert scores.probabilities.min() >= 0
            assert scores.probabilities.sum() == pytest.approx(1, abs=1e-4)
            assert scores.threshold == classifier.threshold

    def test_crop_has_the_same_scores_alone_and_in_a_batch(
        self, classifier: FaceClassifier
    ) -> None:
        several = crops(classifier, 5)
        for crop, scores in zip(several, classifier.classify(several), strict=True):
            (alone,) = classifier.classify(crop[np.newaxis])
            np.testing.assert_allclose(alone.probabilities, scores.probabilities, atol=1e-4)

    def test_classifying_no_crops_returns_no_scores(self, classifier: FaceClassifier) -> None:
        assert classifier.classify(crops(classifier, 0)) == []

    def test_classifier_returns_the_same_scores_in_several_threads(
        self, classifier: FaceClassifier
    ) -> None:
        several = [crops(classifier, count) for count in (1, 2, 3)]
        alone = [classifier.classify(each) for each in several]
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(classifier.classify, several))
        for expected, scores in zip(alone, found, strict=True):
            for one, other in zip(expected, scores, strict=True):
                np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)


class TrackerContract:
    """Tests that every tracker must pass. Define a fixture `tracker` with function scope."""

    def test_each_face_of_a_call_keeps_its_id_and_its_tile(self, tracker: Tracker) -> None:
        tiles: dict[int, set[tuple[int, int]]] = {}
        for frame in call():
            tracks = tracker.update(frame)
            assert sorted(track.id for track in tracks) == [1, 2, 3, 4, 5]
            height, width = frame.image.shape[:2]
            for track in tracks:
                x, y = track.face.box.center
                tiles.setdefault(track.id, set()).add((int(3 * x / width), int(2 * y / height)))
        assert all(len(places) == 1 for places in tiles.values())

    def test_largest_face_comes_first(self, tracker: Tracker) -> None:
        for frame in call(4):
            areas = [track.face.box.area for track in tracker.update(frame)]
            assert areas == sorted(areas, reverse=True)

    def test_moving_face_keeps_its_track(self, tracker: Tracker) -> None:
        for n in range(12):
            image = np.roll(scenes.astronaut(), (3 * n, 4 * n), axis=(0, 1))
            (track,) = tracker.update(Frame(image, n / 25, n, ""))
            assert track.id == 1
            assert track.face.box.iou(scenes.ASTRONAUT_FACE.moved(4 * n, 3 * n)) > 0.5

    def test_age_and_last_seen_follow_the_time_of_the_source(self, tracker: Tracker) -> None:
        for time in (10.0, 10.5, 11.0):
            (track,) = tracker.update(Frame(scenes.astronaut(), time, 0, ""))
            assert track.age == pytest.approx(time - 10)
            assert 10 <= track.last_seen <= time

    def test_face_that_has_left_has_no_track(self, tracker: Tracker) -> None:
        tracker.update(Frame(scenes.astronaut(), 0.0, 0, ""))
        empty = np.full_like(scenes.astronaut(), 90)
        assert tracker.update(Frame(empty, 2.0, 1, "")) == []

    def test_face_gets_a_new_track_after_a_discontinuity(self, tracker: Tracker) -> None:
        (before,) = tracker.update(Frame(scenes.astronaut(), 0.0, 0, ""))
        (after,) = tracker.update(Frame(scenes.astronaut(), 0.1, 1, "", discontinuity=True))
        assert after.id != before.id

    def test_time_that_runs_backwards_raises_value_error(self, tracker: Tracker) -> None:
        tracker.update(Frame(scenes.astronaut(), 1.0, 0, ""))
        with pytest.raises(ValueError):  # noqa: PT011 (the message is the tracker's own)
            tracker.update(Frame(scenes.astronaut(), 0.5, 1, ""))

    def test_grey_frame_raises_media_error(self, tracker: Tracker) -> None:
        with pytest.raises(MediaError):
            tracker.update(Frame(np.zeros((40, 40), np.uint8), 0.0, 0, ""))


class FormatContract:
    """Tests that every text format must pass. Define the fixture `make_sink`."""

    def test_readings_are_written_as_text(self, make_sink: MakeSink) -> None:
        assert written(make_sink).strip()

    def test_same_readings_give_the_same_text(self, make_sink: MakeSink) -> None:
        assert written(make_sink) == written(make_sink)

    def test_closing_the_sink_leaves_its_file_open(self, make_sink: MakeSink) -> None:
        file = io.StringIO()
        sink = make_sink(file, [])
        sink.add(frames()[0], [])
        sink.close()
        assert not file.closed

    def test_sink_can_be_closed_without_frames(self, make_sink: MakeSink) -> None:
        make_sink(io.StringIO(), []).close()

    def test_sink_accepts_names_of_taught_states(self, make_sink: MakeSink) -> None:
        sink = make_sink(io.StringIO(), ["confused"])
        sink.add(frames()[0], [])
        sink.close()


def crops(classifier: FaceClassifier, count: int) -> NDArray[np.uint8]:
    """Return `count` pictures of noise in a classifier's crop size, uint8 [N, side, side]."""
    size = (count, classifier.side, classifier.side)
    return np.random.default_rng(count).integers(0, 256, size, dtype=np.uint8)


def call(count: int = 12) -> list[Frame]:
    """Return frames of a video call of five people."""
    return list(scenes.moving(scenes.grid(columns=3, rows=2, people=5), count))


def frames() -> list[Frame]:
    """Return three frames of a video."""
    return [Frame(np.zeros((80, 160, 3), np.uint8), n / 25, n, "class.mp4") for n in range(3)]


def written(make_sink: MakeSink) -> str:
    """Return the text that a sink writes for three frames with one, two and no faces."""
    file = io.StringIO()
    sink = make_sink(file, [])
    for frame, faces in zip(frames(), _readings(), strict=True):
        sink.add(frame, faces)
    sink.close()
    return file.getvalue()


def _readings() -> list[list[Reading]]:
    probabilities = np.full(len(Expression), 0.02, dtype=np.float32)
    probabilities[Expression.HAPPY] = 0.88
    box, other = Box(10.0, 10.0, 50.0, 60.0), Box(80.0, 10.0, 100.0, 30.0)
    scores = Scores(probabilities, 0.4)
    happy = Reading("class.mp4", 0.0, 0, box, 0.9, Quality(), scores, track_id=1)
    small = Quality(reason=Unreadable.TOO_SMALL)
    return [[happy], [happy, Reading("class.mp4", 0.04, 1, other, 0.6, small, track_id=2)], []]
