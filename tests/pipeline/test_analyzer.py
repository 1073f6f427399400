from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from clips import two_tracks
from roomread import Analyzer, Expression, Reading, Readings, analyze
from roomread.bench import scenes
from roomread.errors import MediaError, MediaWarning
from roomread.faces import CenterFace
from roomread.media import VideoWriter, open_source
from roomread.pipeline import FrameMoment
from roomread.readings import Unreadable
from roomread.testing import FixedClassifier, FixedDetector, synthetic_frames

ANALYZER = Analyzer(detector=CenterFace(threads=1))


def test_smiling_portrait_is_read_as_happy() -> None:
    (reading,) = analyze(scenes.astronaut())
    assert reading.expression is Expression.HAPPY
    assert reading.box.iou(scenes.ASTRONAUT_FACE) > 0.6
    assert reading.track_id is None


def test_picture_given_as_path_bytes_or_array_has_the_same_scores(tmp_path: Path) -> None:
    path = tmp_path / "astronaut.png"
    Image.fromarray(scenes.astronaut()).save(path)
    results = [
        ANALYZER.analyze(picture)[0]
        for picture in (path, str(path), path.read_bytes(), Image.open(path), scenes.astronaut())
    ]
    for reading in results:
        assert reading.scores is not None
        assert reading.scores[Expression.HAPPY] == pytest.approx(
            results[0].scores[Expression.HAPPY] if results[0].scores else None
        )


def test_call_of_25_people_has_25_readings_and_no_reading_on_empty_tiles() -> None:
    grid = scenes.grid()
    readings = ANALYZER.analyze(grid.image)
    assert len(readings) == 25
    for tile in grid.people:
        inside = [r for r in readings if r.box.intersection(tile).area > 0.9 * r.box.area]
        assert len(inside) == 1
    for tile in grid.others:
        assert not any(r.box.intersection(tile).area > 0 for r in readings)


def test_black_picture_has_no_readings() -> None:
    assert ANALYZER.analyze(np.zeros((240, 320, 3), np.uint8)) == []


def test_unreadable_face_has_a_reading_with_a_reason_and_without_scores() -> None:
    analyzer = Analyzer(
        detector=FixedDetector([(10, 10, 110, 110), (150, 10, 162, 22)]),
        classifier=FixedClassifier(Expression.SAD),
    )
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    large, small = analyzer.analyze(image)
    assert large.expression is Expression.SAD
    assert small.scores is None
    assert small.quality.reason is Unreadable.TOO_SMALL


def test_track_ids_of_each_stream_begin_at_1() -> None:
    analyzer = Analyzer(detector=FixedDetector([(10, 10, 90, 90)]), classifier=FixedClassifier())
    for _ in range(2):
        frames = analyzer.stream(synthetic_frames(5))
        assert [moment.readings[0].track_id for moment in frames] == [1] * 5


def test_threads_can_share_an_analyzer() -> None:
    expected = ANALYZER.analyze(scenes.astronaut())[0].scores
    results: list[Readings] = []
    threads = [
        threading.Thread(target=lambda: results.append(ANALYZER.analyze(scenes.astronaut())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for (reading,) in results:
        assert reading.scores is not None
        assert expected is not None
        np.testing.assert_allclose(reading.scores.probabilities, expected.probabilities)


def test_stream_can_be_iterated_asynchronously() -> None:
    analyzer = Analyzer(detector=FixedDetector([(8, 8, 72, 72)]), classifier=FixedClassifier())

    async def awaited() -> list[FrameMoment]:
        return [moment async for moment in analyzer.astream(synthetic_frames(5))]

    expected = list(analyzer.stream(synthetic_frames(5)))
    moments = asyncio.run(awaited())
    assert [each.readings for each in moments] == [each.readings for each in expected]


def test_folder_is_streamed_picture_by_picture(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        Image.fromarray(scenes.astronaut()).save(tmp_path / name)
    moments = list(ANALYZER.stream(tmp_path))
    assert [Path(moment.frame.source).name for moment in moments] == ["a.png", "b.png"]
    assert all(len(moment.readings) == 1 for moment in moments)


def test_stream_of_a_folder_warns_about_files_that_are_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").touch()
    with pytest.warns(MediaWarning, match=r"1 left out.*: 1 \.txt") as warned:
        assert len(list(ANALYZER.stream(tmp_path))) == 1
    assert [each.filename for each in warned] == [__file__]


def test_stream_of_a_folder_without_pictures_or_videos_is_a_media_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MediaError, match=r"no picture or video \(1 left out"):
        next(ANALYZER.stream(tmp_path))


def test_stream_of_a_video_with_several_tracks_warns_which_track_is_read(tmp_path: Path) -> None:
    path = two_tracks(tmp_path / "film.mkv", [(64, 48), (160, 120)])
    with pytest.warns(MediaWarning, match=r"1 \(160 x 120 h264\) is read, and not 0"):
        assert len(list(ANALYZER.stream(path))) == 5


@pytest.mark.parametrize("name", ["pages.tif", "moving.gif", "moving.webp", "moving.png"])
def test_first_of_several_pictures_in_a_file_is_read_with_a_warning(
    tmp_path: Path, name: str
) -> None:
    first, second = Image.new("RGB", (30, 20)), Image.new("RGB", (30, 20), "white")
    path = tmp_path / name
    first.save(path, save_all=True, append_images=[second])
    with pytest.warns(MediaWarning, match=r"of its 2 pictures the first is read"):
        readings = ANALYZER.analyze(path)
    assert readings == []
    with open_source(path) as source:
        assert source.notes[0].endswith("of its 2 pictures the first is read")


def test_warning_about_unread_pages_appears_for_a_file_name_in_another_normalization(
    tmp_path: Path,
) -> None:
    stored, typed = (tmp_path / unicodedata.normalize(form, "café.tiff") for form in ("NFC", "NFD"))
    pages = [Image.new("RGB", (64, 64)) for _ in range(2)]
    pages[0].save(stored, save_all=True, append_images=pages[1:])
    with pytest.warns(MediaWarning, match=r"of its 2 pictures the first is read"):
        Analyzer(detector=FixedDetector([]), classifier=FixedClassifier()).analyze(typed)


def test_missing_picture_is_a_media_error() -> None:
    with pytest.raises(MediaError, match="no such file"):
        ANALYZER.analyze("nowhere.jpg")


# The clip: 10 s at 720p. Ann (happy) walks to and fro on the left; Grace (neutral) stands on the
# right, is out of the picture from 4 to 6 s and back in her place; the light fades from 7 to 9 s.
RATE, SECONDS = 8, 10


def clip_frame(time: float) -> Image.Image:
    canvas = Image.new("RGB", (1280, 720), (110, 116, 120))
    ann = Image.fromarray(scenes.astronaut())
    grace = Image.fromarray(scenes.hopper()).resize((384, 450))
    canvas.paste(ann, (60 + int(150 * np.sin(time)), 120))
    # Between 3 and 4 s she slides out to the right, between 6 and 7 s she comes back in.
    away = np.clip(time - 3, 0, 1) - np.clip(time - 6, 0, 1)
    canvas.paste(grace, (820 + int(480 * away), 150))
    light = 1 - 0.97 * float(np.clip(1 - abs(time - 8), 0, 1))
    return ImageEnhance.Brightness(canvas).enhance(light)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "two_people.mp4"
    with VideoWriter(path) as video:
        for n in range(RATE * SECONDS):
            video.write(np.asarray(clip_frame(n / RATE)), n / RATE)
    return path


@pytest.fixture(scope="module")
def analysed(clip: Path) -> list[FrameMoment]:
    return list(ANALYZER.stream(clip))


def by_track(frames: list[FrameMoment]) -> dict[int, list[Reading]]:
    tracks: defaultdict[int, list[Reading]] = defaultdict(list)
    for moment in frames:
        for reading in moment.readings:
            assert reading.track_id is not None
            tracks[reading.track_id].append(reading)
    return dict(tracks)


def test_person_keeps_the_track_id_through_motion_absence_and_darkness(
    analysed: list[FrameMoment],
) -> None:
    tracks = by_track(analysed)
    assert len(tracks) == 2
    places = sorted(np.mean([r.box.center[0] for r in track]) for track in tracks.values())
    assert places[0] < 500
    assert places[1] > 800


def test_expression_of_each_face_is_stable_over_a_clip(analysed: list[FrameMoment]) -> None:
    left, right = sorted(by_track(analysed).values(), key=lambda track: track[0].box.left)
    for track, expression in ((left, Expression.HAPPY), (right, Expression.NEUTRAL)):
        labels = [r.expression for r in track if r.scores is not None]
        assert set(labels) <= {expression, None}
        # The label may be unsure while a face is half out of the picture.
        assert labels.count(None) <= 0.02 * len(labels)


def test_person_who_left_has_no_reading(
    analysed: list[FrameMoment],
) -> None:
    gone = [moment.readings for moment in analysed if 4.1 < moment.time < 5.9]
    assert gone
    assert all(len(readings) == 1 for readings in gone)


def test_face_in_the_dark_has_no_expression(
    analysed: list[FrameMoment],
) -> None:
    (darkest,) = [moment.readings for moment in analysed if moment.time == pytest.approx(8)]
    assert all(reading.scores is None for reading in darkest)


def test_results_of_a_stream_have_the_times_of_the_video_frames(
    analysed: list[FrameMoment],
) -> None:
    times = [moment.time for moment in analysed]
    np.testing.assert_allclose(times, np.arange(RATE * SECONDS) / RATE, atol=2e-3)


def test_stream_with_every_1_yields_one_result_per_second(clip: Path) -> None:
    moments = ANALYZER.stream(clip, every=1.0)
    assert [round(moment.time) for moment in moments] == list(range(SECONDS))
