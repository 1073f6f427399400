from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from av.video.frame import VideoFrame

from clips import MS
from roomread.errors import MediaError
from roomread.media import Opening, cameras
from roomread.media.cameras import LiveReader, open_camera
from roomread.readings import Frame


class Device:
    """A container whose device returns a frame at every third attempt, `pictures` in total."""

    def __init__(
        self, pictures: int, *, pause: float = 0.0, times: Sequence[float] | None = None
    ) -> None:
        self._left, self._attempts, self._pause = pictures, 0, pause
        self._times = list(times or ())

    def decode(self, _stream: object) -> Iterator[VideoFrame]:
        while self._left:
            self._attempts += 1
            if self._attempts % 3:
                raise BlockingIOError(35, "Resource temporarily unavailable")
            self._left -= 1
            sleep(self._pause)
            picture = VideoFrame.from_ndarray(np.zeros((4, 6, 3), np.uint8), format="rgb24")
            if self._times:
                picture.pts, picture.time_base = round(1000 * self._times.pop(0)), MS
            yield picture


class Track:
    """The video track of a device, with square pixels."""

    container = SimpleNamespace(format=SimpleNamespace(name="video4linux2,v4l2"))
    codec_context = SimpleNamespace(sample_aspect_ratio=None)
    sample_aspect_ratio = guessed_rate = average_rate = None


def read(device: Device, **options: Any) -> list[int]:
    return [frame.index for frame in read_frames(device, **options)]


def read_frames(device: Device, **options: Any) -> list[Frame]:
    reader = LiveReader((device, Track()), "camera 0", **options)  # type: ignore[arg-type]
    found: list[Frame] = []
    with pytest.raises(MediaError, match="the stream ended"):
        found.extend(reader.frames())
    reader.close()
    return found


def test_camera_that_has_no_frame_yet_is_read_again() -> None:
    # A live source may drop frames, but never its last one.
    assert read(Device(5))[-1] == 4


def test_camera_timeout_is_longer_when_frames_are_requested_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Frames come 0.3 s apart, although the basic limit, twice the timeout, is 0.2 s.
    monkeypatch.setattr(cameras, "TIMEOUT", 0.1)
    assert len(read(Device(12, pause=0.05), every=0.3)) > 1


@pytest.mark.parametrize(
    "times",
    [[50.0, 50.04, 0.0, 0.04], [0.0, 0.04, 7200.0, 7200.04]],
    ids=["restarts", "leaps ahead"],
)
def test_jump_in_the_clock_of_a_live_source_is_one_discontinuity(times: list[float]) -> None:
    # Some of the frames may be dropped, but the discontinuity is marked on the next frame.
    frames = read_frames(Device(4, times=times))
    assert [frame.index for frame in frames if frame.discontinuity] == [
        min(frame.index for frame in frames if frame.index >= 2)
    ]


def test_small_steps_and_pauses_of_a_live_clock_are_not_discontinuities() -> None:
    frames = read_frames(Device(4, times=[0.0, 0.04, 0.03, 40.0]))
    assert not any(frame.discontinuity for frame in frames)


@pytest.mark.parametrize("refused", [0, 1, 2, 3])
def test_mac_camera_is_opened_at_the_first_supported_frame_rate(
    refused: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    @contextmanager
    def opening(file: str, name: str, how: Opening) -> Iterator[str]:
        asked.append((file, how.format_name, how.options))
        if len(asked) <= refused:
            raise MediaError(f"{name}: Input/output error")
        yield "opened"

    monkeypatch.setattr(cameras, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(cameras, "open_video", opening)
    if refused == 3:
        with pytest.raises(MediaError, match="Input/output"), open_camera(1, "camera 1"):
            pass
    else:
        with open_camera(1, "camera 1") as opened:
            assert str(opened) == "opened"
    rates = [{"framerate": "30"}, {"framerate": "15"}, {}]
    assert asked == [("1", "avfoundation", rate) for rate in rates[: refused + 1]]
