from __future__ import annotations

from roomread.web.camera_link import CameraLink


def test_lost_camera_is_reconnected_until_the_time_limit() -> None:
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


def test_playing_camera_that_offers_a_new_connection_is_removed_to_reconnect() -> None:
    link = CameraLink()
    link.update(signalling=False, playing=True, now=0)
    assert link.update(signalling=True, playing=False, now=1)
    assert link.wanted
    assert not link.shown


def test_connection_attempt_that_fails_or_takes_too_long_is_repeated() -> None:
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


def test_camera_that_was_stopped_stays_stopped() -> None:
    link = CameraLink(settle=1)
    link.update(signalling=False, playing=True, now=0)
    link.stop(1)
    assert not link.shown
    assert not link.wanted
    assert link.check(2.5)
    assert link.shown
    assert link.desired is None
    assert not link.lost


def test_retry_replaces_the_camera_and_connects_it() -> None:
    link = CameraLink(settle=1.0)
    link.update(signalling=True, playing=False, now=0.0)
    link.stop(1.0)
    link.retry(2.0)
    assert link.wanted
    assert not link.shown
    link.check(3.5)
    assert (link.shown, link.desired) == (True, False)
    link.check(6.0)
    assert link.desired is True
