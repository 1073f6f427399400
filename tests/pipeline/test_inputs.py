from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from roomread import Analyzer, Frame, Readings
from roomread.errors import MediaError
from roomread.testing import FixedClassifier, FixedDetector

ANALYZER = Analyzer(detector=FixedDetector([(8, 8, 72, 72)]), classifier=FixedClassifier())
PIXELS = np.random.default_rng(0).integers(0, 256, (80, 96, 3), dtype=np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(path)
    return path


KINDS: dict[str, Callable[[Path], Any]] = {
    "Path": lambda path: path,
    "str": str,
    "file URL": lambda path: path.as_uri(),
    "bytes": Path.read_bytes,
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "file": lambda path: io.BytesIO(path.read_bytes()),
    "Pillow image": lambda _: Image.fromarray(PIXELS),
    "array": lambda _: PIXELS,
    "array with alpha": lambda _: np.dstack([PIXELS, np.full((80, 96), 255, np.uint8)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_analyze_accepts_a_picture_of_every_supported_input_type(photo: Path, kind: str) -> None:
    readings = ANALYZER.analyze(KINDS[kind](photo))
    assert isinstance(readings, Readings)
    assert len(readings) == 1
    assert readings.picture is not None
    np.testing.assert_array_equal(readings.picture, PIXELS)


def test_grey_array_is_read() -> None:
    picture = ANALYZER.analyze(PIXELS[:, :, 0]).picture
    assert picture is not None
    assert picture.shape == (80, 96, 3)


def test_analyzing_a_list_of_pictures_returns_a_list_in_the_same_order(photo: Path) -> None:
    several = ANALYZER.analyze([str(photo), photo, PIXELS])
    assert isinstance(several, list)
    assert [each[0].source for each in several] == [str(photo), str(photo), "picture"]
    assert ANALYZER.analyze(()) == []


def test_source_of_a_reading_is_the_name_of_the_picture(photo: Path) -> None:
    with photo.open("rb") as file:
        assert ANALYZER.analyze(file)[0].source == str(photo)
    with Image.open(photo) as picture:
        assert ANALYZER.analyze(picture)[0].source == str(photo)
    assert ANALYZER.analyze(photo.read_bytes())[0].source == "picture"


def test_array_of_the_caller_is_neither_changed_nor_kept() -> None:
    pixels = PIXELS.copy()
    readings = ANALYZER.analyze(pixels)
    np.testing.assert_array_equal(pixels, PIXELS)
    pixels[:] = 0
    assert readings.picture is not None
    np.testing.assert_array_equal(readings.picture, PIXELS)


def test_pillow_image_of_the_caller_is_not_changed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    path = tmp_path / "turned.jpg"
    Image.fromarray(PIXELS).save(path, exif=exif)
    with Image.open(path) as picture:
        readings = ANALYZER.analyze(picture)
        assert picture.size == (96, 80)
    assert readings.picture is not None
    assert readings.picture.shape == (96, 80, 3)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the argument is NoneType .*imread"),
        (0, "read by stream"),
        (2.5, "the argument is float"),
        (object(), "a uint8 array"),
        ([PIXELS, None], "item 1 is NoneType"),
        ([[1, 2], [3, 4]], "item 0 is list"),
        (Frame(PIXELS, 0.0, 0, ""), "analyze_frame"),
    ],
)
def test_type_error_of_analyze_lists_the_accepted_types(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"analyze takes a path, a URL.*{message}"):
        ANALYZER.analyze(value)


@pytest.mark.parametrize(
    "array",
    [
        PIXELS.astype(np.float32) / 255,
        PIXELS.astype(np.uint16),
        PIXELS[None],
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
    ],
)
def test_array_that_is_not_a_picture_is_refused(array: NDArray[Any]) -> None:
    with pytest.raises(MediaError, match=r"uint8 \[H, W, 3\]"):
        ANALYZER.analyze(array)


def test_truncated_pillow_image_is_a_media_error(photo: Path) -> None:
    picture = Image.open(io.BytesIO(photo.read_bytes()[:5000]))
    with pytest.raises(MediaError, match="damaged"):
        ANALYZER.analyze(picture)


def arrays(count: int) -> Iterator[NDArray[np.uint8]]:
    return (np.roll(PIXELS, n, axis=1) for n in range(count))


def test_stream_accepts_an_iterable_of_arrays() -> None:
    moments = list(ANALYZER.stream(arrays(3), rate=10))
    assert [moment.time for moment in moments] == [0.0, 0.1, 0.2]
    assert [moment.readings[0].track_id for moment in moments] == [1, 1, 1]


def test_stream_accepts_an_array_of_frames_and_pillow_images() -> None:
    assert len(list(ANALYZER.stream(np.stack(list(arrays(4)))))) == 4
    assert len(list(ANALYZER.stream([Image.fromarray(each) for each in arrays(2)]))) == 2


def test_stream_keeps_the_times_of_frames() -> None:
    frames = [Frame(PIXELS, time, n, "mine") for n, time in enumerate((3.0, 3.5))]
    assert [moment.frame.time for moment in ANALYZER.stream(frames)] == [3.0, 3.5]


def test_stream_accepts_bytes_and_file_objects(photo: Path) -> None:
    content = photo.read_bytes()
    for source in (content, bytearray(content), io.BytesIO(content)):
        (moment,) = ANALYZER.stream(source)
        assert len(moment.readings) == 1


def test_stream_opens_a_camera_by_its_number() -> None:
    # No machine that runs tests has as many cameras.
    with pytest.raises(MediaError, match="camera 97"):
        list(ANALYZER.stream(97))
    with pytest.raises(MediaError, match="camera -1"):
        ANALYZER.stream(-1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "stream takes .*not NoneType"),
        (True, "stream takes .*not bool"),
        (2.5, "stream takes .*not float"),
        ({}, "stream takes .*not dict"),
        (set(), "stream takes .*not set"),
        (PIXELS, "single picture is read by analyze"),
        (Image.fromarray(PIXELS), "single picture is read by analyze"),
    ],
)
def test_type_error_of_stream_is_raised_before_iteration(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ANALYZER.stream(value)


def test_stream_refuses_items_that_are_not_pictures() -> None:
    with pytest.raises(TypeError, match="not str"):
        list(ANALYZER.stream(["a.jpg", "b.jpg"]))
    with pytest.raises(MediaError, match="float64"):
        list(ANALYZER.stream([np.zeros((4, 4))]))


@pytest.mark.parametrize("rate", [0, -1.0, float("nan")])
def test_stream_refuses_a_rate_of_0_or_less(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ANALYZER.stream([], rate=rate)


def test_file_object_in_text_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match='open it with mode "rb"'):
        ANALYZER.stream(io.StringIO("text"))
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8")
    for read in (ANALYZER.analyze, ANALYZER.stream):
        with (
            path.open(encoding="utf-8") as file,
            pytest.raises(MediaError, match=r"photo\.jpg: is opened as text \(open it with mode"),
        ):
            read(file)  # type: ignore[arg-type] # this is what is tested


def test_closed_file_is_refused() -> None:
    file = io.BytesIO(b"content")
    file.close()
    with pytest.raises(MediaError, match="cannot be read: I/O operation on closed file"):
        ANALYZER.stream(file)


def test_empty_name_is_refused_and_not_read_as_the_current_folder() -> None:
    with pytest.raises(MediaError, match="the name of a picture is empty"):
        ANALYZER.analyze("")
