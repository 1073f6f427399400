from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread import Analyzer, Readings, Scores
from roomread.bench import scenes
from roomread.errors import MediaError, MediaWarning
from roomread.faces import CenterFace
from roomread.readings import Face
from roomread.testing import FixedClassifier, FixedDetector

ANALYZER = Analyzer(detector=CenterFace(threads=2))


class CountingClassifier(FixedClassifier):
    """A classifier that records the number of faces in each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def classify(self, crops: NDArray[np.uint8]) -> list[Scores]:
        self.calls.append(len(crops))
        return super().classify(crops)


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def assert_same_scores(one: Readings, other: Readings) -> None:
    """Check that scores are equal up to the last digits, which depend on the size of a batch."""
    for a, b in zip(one, other, strict=True):
        assert a.unreadable == b.unreadable
        if a.scores is not None and b.scores is not None:
            np.testing.assert_allclose(a.scores.probabilities, b.scores.probabilities, atol=1e-5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of pictures of several sizes with one, five, turned and no faces."""
    five = scenes.grid(columns=3, rows=2, people=5).image
    pictures = [scenes.astronaut(), five, scenes.astronaut()[:, ::-1], noise(0), scenes.hopper()]
    for index, picture in enumerate(pictures):
        Image.fromarray(np.ascontiguousarray(picture)).save(tmp_path / f"{index}.png")
    tilted = Image.fromarray(scenes.astronaut()).rotate(30)
    tilted.save(tmp_path / "5.png")
    return tmp_path


def test_batches_of_a_folder_give_the_same_readings_as_single_pictures(folder: Path) -> None:
    alone = [ANALYZER.analyze(path) for path in sorted(folder.iterdir())]
    assert [len(readings) for readings in alone] == [1, 5, 1, 0, 1, 1]
    for batch in (2, 32):
        together = ANALYZER.analyze(folder, batch=batch)
        for one, many in zip(alone, together, strict=True):
            assert [reading.box for reading in many] == [reading.box for reading in one]
            assert_same_scores(one, many)
        assert [repr(readings) for readings in together] == [repr(each) for each in alone]
        assert all(readings.picture is None for readings in together)


def test_faces_of_all_pictures_in_a_batch_are_classified_in_one_call() -> None:
    classifier = CountingClassifier()
    analyzer = Analyzer(
        detector=FixedDetector([(10, 10, 70, 70), (80, 10, 140, 70)]), classifier=classifier
    )
    analyzer.analyze([noise(seed) for seed in range(5)], batch=3)
    assert classifier.calls == [6, 4]


def test_worker_threads_detect_faces_with_the_single_threaded_detector() -> None:
    class Threaded(FixedDetector):
        def detect(self, _image: NDArray[np.uint8]) -> list[Face]:
            raise AssertionError("this detector takes several threads")

        def single_threaded(self) -> FixedDetector:
            return FixedDetector([(10, 10, 90, 90)])

    analyzer = Analyzer(detector=Threaded([]), classifier=FixedClassifier())
    assert [len(readings) for readings in analyzer.analyze([noise(0), noise(1)], batch=2)] == [1, 1]


def test_readings_of_a_sequence_of_pictures_keep_their_pictures(tmp_path: Path) -> None:
    analyzer = Analyzer(detector=FixedDetector([(10, 10, 90, 90)]), classifier=FixedClassifier())
    picture = noise(1)
    image = Image.fromarray(picture)
    image.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as lazy:
        for readings in analyzer.analyze([picture, image, lazy, lazy], batch=4):
            assert readings.picture is not None
            assert np.array_equal(readings.picture, picture)


def test_analyzing_one_picture_with_a_batch_size_returns_a_list() -> None:
    analyzer = Analyzer(detector=FixedDetector([(10, 10, 90, 90)]), classifier=FixedClassifier())
    (readings,) = analyzer.analyze(noise(2), batch=8)
    assert readings == analyzer.analyze(noise(2))


def test_error_names_the_damaged_picture_of_a_folder(folder: Path) -> None:
    (folder / "2.png").write_bytes(b"nothing")
    with pytest.raises(MediaError, match=r"2\.png"):
        ANALYZER.analyze(folder, batch=2)


def test_error_for_a_folder_without_a_batch_size_suggests_the_option_batch(folder: Path) -> None:
    with pytest.raises(MediaError, match="is a folder") as error:
        ANALYZER.analyze(folder)
    assert "batch=32" in str(error.value)


def test_videos_and_other_files_left_out_of_a_folder_are_reported(folder: Path) -> None:
    (folder / "lesson.mp4").write_bytes(b"")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.warns(MediaWarning) as warned:
        assert len(ANALYZER.analyze(folder, batch=8)) == 6
    texts = [str(each.message) for each in warned]
    assert any("1 .txt" in text for text in texts)
    assert any("1 left out because they are videos" in text for text in texts)
    assert {each.filename for each in warned} == {__file__}


def test_folder_with_only_videos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lesson.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match="has no picture"):
        ANALYZER.analyze(tmp_path, batch=8)


@pytest.mark.parametrize("batch", [0, -1])
def test_batch_size_under_1_is_refused(batch: int) -> None:
    with pytest.raises(ValueError, match="batch must be at least 1"):
        ANALYZER.analyze([noise(0)], batch=batch)


def test_type_error_names_the_item_of_a_sequence_that_is_not_a_picture() -> None:
    with pytest.raises(TypeError, match="item 1 is int"):
        ANALYZER.analyze([noise(0), 3], batch=8)  # type: ignore[list-item]


def test_no_threads_remain_after_an_error() -> None:
    class BrokenDetector:
        def detect(self, image: NDArray[np.uint8]) -> list[Face]:
            raise MediaError(f"a picture of {len(image)} rows")

    analyzer = Analyzer(detector=BrokenDetector(), classifier=FixedClassifier())
    with pytest.raises(MediaError, match="120 rows"):
        analyzer.analyze([noise(seed) for seed in range(9)], batch=2)
    assert not [each for each in threading.enumerate() if each.name.startswith("batches")]


def test_no_pictures_give_no_readings() -> None:
    found: list[Readings] = ANALYZER.analyze([], batch=4)
    assert found == []
