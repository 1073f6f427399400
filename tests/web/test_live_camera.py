from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

from roomread import Analyzer
from roomread.services.watch import LiveWatch
from roomread.testing import FixedClassifier, FixedDetector
from roomread.web.live_camera import LiveCamera
from walls import wall

BOX = (40.0, 30.0, 100.0, 110.0)


def frames(count: int) -> list[av.VideoFrame]:
    made = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(wall(number), format="rgb24")
        frame.pts, frame.time_base = 100 * number, Fraction(1, 1000)
        made.append(frame)
    return made


def camera(*, mirrored: bool = False) -> tuple[LiveCamera, LiveWatch]:
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    watch = LiveWatch(analyzer)
    return LiveCamera(watch, analyzer, mirrored=mirrored), watch


def feed(camera: LiveCamera, queued: Sequence[av.VideoFrame]) -> av.VideoFrame:
    (drawn,) = asyncio.run(camera.recv_queued(queued))
    return drawn


def test_newest_frame_is_drawn_and_older_frames_are_counted_as_dropped() -> None:
    live, watch = camera()
    queued = frames(4)
    drawn = feed(live, queued)
    assert (drawn.pts, drawn.time_base) == (queued[-1].pts, queued[-1].time_base)
    assert watch.state.dropped == 3
    assert [reading.track_id for reading in watch.state.readings] == [1]
    assert not np.array_equal(drawn.to_ndarray(format="rgb24"), wall(3))


def test_mirrored_picture_is_flipped_horizontally() -> None:
    # The dark half is on the left of the camera's picture.
    straight = feed(camera()[0], frames(1)).to_ndarray(format="rgb24")
    mirrored = feed(camera(mirrored=True)[0], frames(1)).to_ndarray(format="rgb24")
    assert straight[200:, :100].mean() < straight[200:, -100:].mean()
    assert mirrored[200:, :100].mean() > mirrored[200:, -100:].mean()


def test_times_continue_after_a_camera_reconnects() -> None:
    first, watch = camera()
    feed(first, frames(2))
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    before = watch.state.now
    feed(LiveCamera(watch, analyzer, mirrored=False), frames(1))
    assert watch.state.now > before
