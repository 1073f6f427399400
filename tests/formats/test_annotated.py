from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.errors import OutputError
from roomread.formats.annotated import Annotator, copy_path
from roomread.media import HideMethod, Source, read_image
from roomread.readings import Expression, Frame

OUT = Path("out")
FRAME = Frame(np.full((240, 400, 3), 30, np.uint8), 0.0, 0, "a")
READINGS = class_frame(0.0, {1: Expression.HAPPY})


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("a.mp4", "a.mp4"),
        ("a.avi", "a.avi.mp4"),
        ("a.AVI", "a.AVI.mp4"),
        ("a.jpg", "a.jpg"),
        ("a.heic", "a.heic.jpg"),
    ],
)
def test_copy_gets_another_suffix_when_the_input_format_cannot_be_written(
    name: str, copy: str
) -> None:
    assert copy_path(OUT, Path("in", name), None) == OUT / copy
    assert copy_path(OUT, Path("in", "deep", name), Path("in")) == OUT / "deep" / copy


def source(*, is_picture: bool) -> Source:
    made = Source("a")
    made.is_picture = is_picture
    return made


@pytest.mark.parametrize(
    ("target", "is_picture"), [("out.mp4", True), ("out.jpg", False), ("out", True)]
)
def test_copy_with_unsuitable_suffix_is_refused_and_the_hint_lists_the_suitable_suffixes(
    target: str, *, is_picture: bool
) -> None:
    with pytest.raises(OutputError, match="must be a") as error:
        Annotator(Path(target), source(is_picture=is_picture), sound_from=None)
    assert (".png" if is_picture else ".mp4") in error.value.hint


def test_copy_that_would_overwrite_the_input_is_refused_even_through_a_symbolic_link(
    tmp_path: Path,
) -> None:
    clip, link = tmp_path / "a.mp4", tmp_path / "b.mp4"
    clip.write_bytes(b"a video")
    link.symlink_to(clip)
    for target in (clip, link):
        with pytest.raises(OutputError, match="would overwrite the input"):
            Annotator(target, source(is_picture=False), sound_from=clip)
    assert clip.read_bytes() == b"a video"


def test_readings_are_drawn_on_a_copy_of_the_picture(tmp_path: Path) -> None:
    with Annotator(tmp_path / "out.png", source(is_picture=True), sound_from=None) as copy:
        copy.write(FRAME, READINGS)
        copy.cut_short()
    drawn = read_image(tmp_path / "out.png")
    assert drawn.shape == FRAME.image.shape
    assert (drawn != FRAME.image).any()
    assert (FRAME.image == 30).all()


def test_face_in_the_copy_is_covered_when_hiding_is_requested(tmp_path: Path) -> None:
    for name, hide in (("shown", None), ("hidden", HideMethod.COVER)):
        target = tmp_path / f"{name}.png"
        with Annotator(target, source(is_picture=True), sound_from=None, hide=hide) as copy:
            copy.write(FRAME, READINGS)
    shown, hidden = (read_image(tmp_path / f"{name}.png") for name in ("shown", "hidden"))
    x, y = (int(side) for side in READINGS[0].box.center)
    assert shown[y, x].tolist() == [30, 30, 30]
    assert hidden[y, x].tolist() != [30, 30, 30]


def test_annotating_a_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with Annotator(tmp_path / "out.mp4", source(is_picture=False), sound_from=None) as copy:
        copy.cut_short()
    assert list(tmp_path.iterdir()) == []
