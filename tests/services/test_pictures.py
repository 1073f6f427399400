from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from roomread.errors import MediaError
from roomread.pipeline import Analyzer
from roomread.readings import Box, Expression, Frame
from roomread.services.pictures import (
    EncodedPicture,
    PictureTooLargeError,
    analyze_picture,
    annotate,
    explain_face,
)
from roomread.services.purpose import PurposeError
from roomread.testing import FixedClassifier, FixedDetector

SIZE = (120, 80)
BOX = (20.0, 10.0, 60.0, 60.0)


class FakeDecoder:
    """A decoder that returns a grey picture, and refuses the content "damaged"."""

    def frame(self, content: bytes, name: str, *, index: int = 0) -> Frame:
        if content == b"damaged":
            raise MediaError(f"{name}: damaged")
        width, height = SIZE
        image = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
        return Frame(image, 0.0, index, name)


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())


GOOD = EncodedPicture("good.jpg", b"picture")
DAMAGED = EncodedPicture("damaged.jpg", b"damaged")


def test_readings_have_the_name_and_the_index_of_their_picture(analyzer: Analyzer) -> None:
    analyzed = analyze_picture(GOOD, FakeDecoder(), analyzer, index=3)
    assert (analyzed.frame.source, analyzed.frame.index) == ("good.jpg", 3)
    assert [reading.expression for reading in analyzed.readings] == [Expression.HAPPY]


def test_only_the_largest_face_is_read_in_a_picture_that_a_user_took_of_themselves() -> None:
    small = (100.0, 10.0, 130.0, 50.0)
    both = Analyzer(detector=FixedDetector([small, BOX]), classifier=FixedClassifier())
    assert len(analyze_picture(GOOD, FakeDecoder(), both).readings) == 2
    (reading,) = analyze_picture(GOOD, FakeDecoder(), both, oneself=True).readings
    assert reading.box.left == BOX[0]


def test_faces_of_others_are_not_read_at_school_in_the_european_union(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    with pytest.raises(PurposeError):
        analyze_picture(GOOD, FakeDecoder(), analyzer)
    assert analyze_picture(GOOD, FakeDecoder(), analyzer, oneself=True).readings


def test_picture_that_cannot_be_decoded_raises_an_error(analyzer: Analyzer) -> None:
    with pytest.raises(MediaError, match=r"damaged\.jpg: damaged"):
        analyze_picture(DAMAGED, FakeDecoder(), analyzer)


def test_picture_over_the_size_limit_is_refused_without_decoding() -> None:
    EncodedPicture("a.jpg", bytes(1_000_000)).check_size(1)
    with pytest.raises(PictureTooLargeError, match=r"a\.jpg: is over 1 MB"):
        EncodedPicture("a.jpg", bytes(1_000_001)).check_size(1)


def test_annotated_copy_has_the_size_of_the_picture_and_a_box_around_the_face(
    analyzer: Analyzer,
) -> None:
    analyzed = analyze_picture(GOOD, FakeDecoder(), analyzer)
    drawn = Image.open(io.BytesIO(analyzed.png()))
    assert drawn.size == SIZE
    changed = np.any(np.asarray(drawn) != analyzed.frame.image, axis=2)
    assert changed.any()
    assert not changed[:, 90:].any()


def test_annotated_copy_is_scaled_down_to_the_maximum_size(analyzer: Analyzer) -> None:
    analyzed = analyze_picture(GOOD, FakeDecoder(), analyzer)
    drawn = Image.open(io.BytesIO(analyzed.jpeg(max_size=(60, 60))))
    assert drawn.format == "JPEG"
    assert drawn.size == (60, 40)


def test_annotate_draws_the_given_readings_without_reading_the_picture_again(
    analyzer: Analyzer,
) -> None:
    analyzed = analyze_picture(GOOD, FakeDecoder(), analyzer)
    assert annotate(GOOD, FakeDecoder(), analyzed.readings) == analyzed.png()


def test_removing_the_pixels_of_a_picture_keeps_its_size_and_readings(analyzer: Analyzer) -> None:
    analyzed = analyze_picture(GOOD, FakeDecoder(), analyzer)
    light = analyzed.without_pixels()
    assert light.frame.image.shape == analyzed.frame.image.shape
    assert light.frame.image.strides == (0, 0, 0)
    assert light.readings == analyzed.readings


def test_face_is_explained_only_if_the_purpose_allows_reading_the_face(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reading,) = analyze_picture(GOOD, FakeDecoder(), analyzer).readings
    found = explain_face(GOOD, FakeDecoder(), analyzer, reading)
    assert found is not None
    assert (found.reading, found.expression) == (reading, Expression.HAPPY)
    elsewhere = replace(reading, box=Box(0, 0, 10, 10))
    assert explain_face(GOOD, FakeDecoder(), analyzer, elsewhere) is None
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    with pytest.raises(PurposeError):
        explain_face(GOOD, FakeDecoder(), analyzer, reading)
    assert explain_face(GOOD, FakeDecoder(), analyzer, reading, oneself=True) is not None
