"""The contract of `FaceDetector`, tested for every implementation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from roomread.bench import scenes
from roomread.errors import MediaError
from roomread.faces import CenterFace, FaceDetector, Haar


@pytest.fixture(scope="module", params=["centerface", "haar"])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    if request.param == "haar":
        pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
        return Haar()
    return CenterFace(threads=1)


@pytest.mark.parametrize("which", [0, 1], ids=["astronaut", "hopper"])
def test_a_portrait_has_one_face_from_forehead_to_chin(detector: FaceDetector, which: int) -> None:
    portrait, box = scenes.portraits()[which]
    (face,) = detector.detect(portrait)
    assert face.box.iou(box) > 0.5
    assert 0.5 < face.detection_confidence <= 1
    assert all(type(edge) is float for edge in face.box)


def test_detectors_return_similar_boxes_for_the_same_face() -> None:
    pytest.importorskip("cv2", reason="the extra 'haar' is not installed")
    ours, classic = CenterFace(threads=1), Haar()
    for portrait, _ in scenes.portraits():
        (one,), (other,) = ours.detect(portrait), classic.detect(portrait)
        assert one.box.iou(other.box) >= 0.5


def test_the_largest_face_comes_first(detector: FaceDetector) -> None:
    areas = [
        face.box.area for face in detector.detect(scenes.grid(columns=3, rows=2, people=5).image)
    ]
    assert len(areas) == 5
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("value", [0, 127, 255])
def test_uniform_picture_has_no_face(detector: FaceDetector, value: int) -> None:
    assert detector.detect(np.full((120, 200, 3), value, dtype=np.uint8)) == []


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 3000), (3000, 1), (31, 33)])
def test_noise_of_any_size_has_no_face(detector: FaceDetector, height: int, width: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert detector.detect(noise) == []


def test_non_contiguous_array_is_read_like_its_copy(detector: FaceDetector) -> None:
    view = scenes.astronaut()[:, ::-1]
    assert [f.box for f in detector.detect(view)] == [f.box for f in detector.detect(view.copy())]


def test_threads_share_a_detector(detector: FaceDetector) -> None:
    pictures = [scenes.astronaut(), scenes.hopper()] * 3
    alone = [[face.box for face in detector.detect(picture)] for picture in pictures[:2]]
    with ThreadPoolExecutor(3) as pool:
        together = [[face.box for face in found] for found in pool.map(detector.detect, pictures)]
    assert together == alone * 3


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
def test_array_that_is_no_colour_picture_is_refused(
    detector: FaceDetector, wrong: NDArray[np.uint8]
) -> None:
    with pytest.raises(MediaError, match=r"must be uint8 \[H, W, 3\]"):
        detector.detect(wrong)
