from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from clips import make_clip, make_sound
from roomread.bench import scenes
from roomread.errors import MediaError, OutputError
from roomread.faces import CenterFace
from roomread.formats.clip import ClipLook, write_clip
from roomread.media import HideMethod, SoundSource, VideoWriter, open_source
from roomread.pipeline import Analyzer
from roomread.readings import Expression

PORTRAIT = np.asarray(Image.fromarray(scenes.astronaut()).resize((256, 256)))
WALL = np.full_like(PORTRAIT, 128)


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer(detector=CenterFace(threads=1))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a video with a tone: 2 s of an empty wall, then 2 s of a portrait, 5 frames/s."""
    folder = tmp_path_factory.mktemp("video")
    path, tone = folder / "lesson.mp4", make_sound(folder / "tone.mp4", 4.0)
    with VideoWriter(path, sound_from=SoundSource(tone)) as writer:
        for n in range(20):
            image = WALL if n < 10 else np.roll(PORTRAIT, n % 3, axis=1)
            writer.write(image, n / 5)
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with open_source(path) as source:
        return [frame.image.copy() for frame in source]


def test_faces_of_a_clip_are_hidden(tmp_path: Path, video: Path, analyzer: Analyzer) -> None:
    target = tmp_path / "clip.mp4"
    assert write_clip(target, video, 1.6, 3.0, analyzer=analyzer, look=ClipLook()) is None
    images = frames_of(target)
    assert len(images) == 7
    (face,) = analyzer.detector.detect(PORTRAIT)
    rows = slice(int(face.box.top), int(face.box.bottom))
    columns = slice(int(face.box.left) + 4, int(face.box.right) - 4)

    def detail(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image[rows, columns].astype(int), axis=0)).mean())

    assert all(detail(image) < detail(PORTRAIT) / 2 for image in images)
    # Only the face is hidden; the rest of the picture is unchanged.
    assert np.abs(images[-1][200:].astype(int) - np.roll(PORTRAIT, 2, axis=1)[200:]).mean() < 20


def test_clip_has_the_sound_of_the_same_part_of_the_video(
    tmp_path: Path, video: Path, analyzer: Analyzer
) -> None:
    target = tmp_path / "clip.mp4"
    write_clip(target, video, 1.0, 3.0, analyzer=analyzer, look=ClipLook(hide=None))
    with av.open(str(target)) as container:
        sound = list(container.decode(audio=0))
    seconds = sum(frame.samples / frame.sample_rate for frame in sound)
    assert seconds == pytest.approx(1.8, abs=0.1)
    assert max(float(np.abs(frame.to_ndarray()).max()) for frame in sound) > 0.5


def test_faces_are_shown_and_labels_are_drawn_only_when_requested(
    tmp_path: Path, video: Path, analyzer: Analyzer
) -> None:
    shown = {}
    for name, look in {
        "plain": ClipLook(hide=None),
        "labels": ClipLook(hide=HideMethod.COVER, labels=True),
    }.items():
        write_clip(tmp_path / f"{name}.mp4", video, 3.2, 3.6, analyzer=analyzer, look=look)
        shown[name] = frames_of(tmp_path / f"{name}.mp4")[-1]
    (face,) = analyzer.detector.detect(PORTRAIT)
    (found,) = analyzer.detector.detect(shown["plain"])
    assert found.box.iou(face.box) > 0.7
    # The box and the label have the colour of the expression, and the face is covered.
    labelled, plain = shown["labels"].astype(int), shown["plain"].astype(int)
    is_happy = np.abs(labelled - np.array(Expression.HAPPY.color)).max(axis=2) < 60
    is_new = np.abs(labelled - plain).max(axis=2) > 60
    assert (is_happy & is_new).sum() > 100
    row, column = int(face.box.top + face.box.bottom) // 2, int(face.box.left + face.box.right) // 2
    assert np.abs(labelled[row, column] - 90).max() < 20


def test_clip_is_refused_if_it_lies_outside_the_video_or_would_overwrite_the_video(
    tmp_path: Path, video: Path, analyzer: Analyzer
) -> None:
    with pytest.raises(MediaError, match=r"no frame between 60\.0 s and 90\.0 s"):
        write_clip(tmp_path / "a.mp4", video, 60.0, 90.0, analyzer=analyzer, look=ClipLook())
    with pytest.raises(OutputError, match="overwrite the video"):
        write_clip(video, video, 1.0, 2.0, analyzer=analyzer, look=ClipLook())
    assert not list(tmp_path.iterdir())


def test_clip_of_a_damaged_video_ends_at_the_damage_and_the_error_is_returned(
    tmp_path: Path, analyzer: Analyzer
) -> None:
    path = make_clip(tmp_path / "cut.mkv", [n / 25 for n in range(200)], key_every=25)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    target = tmp_path / "clip.mp4"
    problem = write_clip(target, path, 2.0, 9.0, analyzer=analyzer, look=ClipLook())
    assert problem is not None
    assert "cut off" in problem.problem
    assert 10 < len(frames_of(target)) < 100
