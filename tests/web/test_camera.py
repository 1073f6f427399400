from __future__ import annotations

import asyncio
from fractions import Fraction

import av
import numpy as np

from roomread import Analyzer
from roomread.readings import Face, NoPicture
from roomread.testing import FixedClassifier, FixedDetector
from roomread.web.camera import (
    CALIBRATION_SECONDS,
    HISTORY_SECONDS,
    CameraLink,
    LiveCamera,
)

BOX = (40.0, 30.0, 100.0, 110.0)


def frames(count: int, *, start: float = 0.0, step: float = 0.1) -> list[av.VideoFrame]:
    """A chequered wall and noise, as a camera's frames never repeat; the left half is darker."""
    squares = (np.indices((240, 320)) // 20).sum(axis=0) % 2
    rng = np.random.default_rng(int(start * 10))
    made = []
    for number in range(count):
        image = rng.integers(100, 130, (240, 320, 3), dtype=np.uint8)
        image += (120 * squares[:, :, None]).astype(np.uint8)
        image[:, :160] //= 2
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = round((start + number * step) * 1000), Fraction(1, 1000)
        made.append(frame)
    return made


def camera(*, mirrored: bool = False) -> LiveCamera:
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    return LiveCamera(analyzer, mirrored=mirrored)


def feed(camera: LiveCamera, queued: list[av.VideoFrame]) -> av.VideoFrame:
    (drawn,) = asyncio.run(camera.recv_queued(queued))
    return drawn


def test_the_newest_frame_is_read_and_the_overtaken_counted() -> None:
    live = camera()
    queued = frames(4)
    drawn = feed(live, queued)
    assert drawn.pts == queued[-1].pts
    assert live.state.dropped == 3
    assert live.state.now == 0.3
    assert [reading.track_id for reading in live.state.readings] == [1]
    assert not np.array_equal(
        drawn.to_ndarray(format="rgb24"), queued[-1].to_ndarray(format="rgb24")
    )


def test_a_mirror_shows_left_on_the_left() -> None:
    # The dark half comes from the camera's left, and goes to the right of a mirror.
    straight = feed(camera(), frames(1)).to_ndarray(format="rgb24")
    mirrored = feed(camera(mirrored=True), frames(1)).to_ndarray(format="rgb24")
    assert straight[200:, :100].mean() < straight[200:, -100:].mean()
    assert mirrored[200:, :100].mean() > mirrored[200:, -100:].mean()


def test_a_black_camera_is_no_picture_and_nobody_is_neutral() -> None:
    live = camera()
    black = av.VideoFrame.from_ndarray(np.zeros((240, 320, 3), np.uint8), format="rgb24")
    black.pts, black.time_base = 0, Fraction(1, 1000)
    feed(live, [black])
    assert live.state.no_picture is NoPicture.BLANK
    assert live.state.readings == ()


def test_the_history_is_a_minute_long_however_long_the_camera_runs() -> None:
    live = camera()
    for quarter in range(4 * 70):
        feed(live, frames(1, start=quarter / 4))
    (rows,) = live.state.history.values()
    assert rows[-1][0] == 69.75
    assert rows[-1][0] - rows[0][0] <= HISTORY_SECONDS
    assert len(rows) == 4 * HISTORY_SECONDS + 1


def test_two_cameras_number_their_faces_by_themselves() -> None:
    analyzer = Analyzer(detector=FixedDetector([BOX]), classifier=FixedClassifier())
    one, two = LiveCamera(analyzer), LiveCamera(analyzer)
    feed(one, frames(1))
    feed(two, frames(1))
    assert (
        [r.track_id for r in one.state.readings] == [r.track_id for r in two.state.readings] == [1]
    )


class _Counting(FixedDetector):
    """Counts how often it is asked for all faces of a frame."""

    asked = 0

    def detect(self, image: np.ndarray) -> list[Face]:
        self.asked += 1
        return super().detect(image)


def test_a_calibration_looks_at_the_face_that_was_read_and_searches_no_other() -> None:
    detector = _Counting([BOX])
    live = LiveCamera(Analyzer(detector=detector), mirrored=False)
    watched = frames(round(CALIBRATION_SECONDS * 10) + 5)
    for frame in watched:
        feed(live, [frame])
    without = detector.asked
    again = LiveCamera(live._analyzer, mirrored=False)
    again.calibrate()
    for frame in watched:
        feed(again, [frame])
    assert again.calibrated
    assert again.trial is not None
    assert detector.asked == 2 * without


def test_a_lost_connection_is_put_on_the_page_again_until_patience_ends() -> None:
    link = CameraLink(patience=30, settle=1)
    assert not link.update(signalling=False, playing=False, now=0)
    assert link.desired is None
    assert link.update(signalling=True, playing=False, now=1)
    assert link.desired is True
    assert link.update(signalling=False, playing=True, now=2)
    assert not link.update(signalling=False, playing=True, now=100)
    assert link.update(signalling=False, playing=False, now=101)
    assert link.wanted
    assert not link.shown
    assert link.check(102.1)
    assert link.shown
    assert link.desired is False
    assert not link.check(104)
    assert link.check(104.2)
    assert link.desired is True
    assert link.check(131)
    assert link.lost
    assert not link.shown
    assert link.check(133)
    assert link.desired is None
    link.update(signalling=False, playing=True, now=140)
    assert not link.lost


def test_an_offer_that_overtook_the_end_of_the_last_connection_is_not_answered() -> None:
    link = CameraLink()
    link.update(signalling=False, playing=True, now=0)
    assert link.update(signalling=True, playing=False, now=1)
    assert link.wanted
    assert not link.shown


def test_a_connection_that_fails_or_takes_too_long_is_begun_anew() -> None:
    link = CameraLink(patience=90, attempt=20, settle=1)
    link.update(signalling=True, playing=False, now=0)
    assert not link.check(19)
    assert link.check(21)
    assert not link.shown
    assert link.check(24)
    assert not link.check(27)
    assert link.check(29)
    assert link.desired is True
    assert not link.update(signalling=False, playing=False, now=30)
    assert not link.update(signalling=True, playing=False, now=31)
    assert link.update(signalling=False, playing=False, now=50)
    assert not link.shown
    assert link.check(91)
    assert link.lost


def test_a_camera_that_was_stopped_stays_stopped() -> None:
    link = CameraLink(settle=1)
    link.update(signalling=False, playing=True, now=0)
    link.stop(1)
    assert not link.shown
    assert not link.wanted
    assert link.check(2.5)
    assert link.shown
    assert link.desired is None
    assert not link.lost
