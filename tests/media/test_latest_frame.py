from __future__ import annotations

import threading

import pytest

from roomread.media import LatestFrame


def test_newer_item_replaces_an_unread_item_that_is_counted_as_dropped() -> None:
    latest: LatestFrame[int] = LatestFrame()
    for n in range(5):
        latest.put(n)
    assert latest.take(1) == 4
    assert latest.dropped == 4


def test_reader_waits_for_the_writer() -> None:
    latest: LatestFrame[str] = LatestFrame()
    threading.Thread(target=latest.put, args=("late",)).start()
    assert latest.take(10) == "late"
    assert latest.dropped == 0


def test_closed_latest_frame_returns_its_last_item_and_then_none() -> None:
    latest: LatestFrame[int] = LatestFrame()
    latest.put(1)
    latest.close()
    assert latest.take(0) == 1
    assert latest.take(0) is None


def test_error_of_the_writer_reaches_the_reader_after_the_last_item() -> None:
    latest: LatestFrame[int] = LatestFrame()
    latest.put(1)
    latest.close(OSError("unplugged"))
    latest.close(OSError("later"))
    assert latest.take(0) == 1
    with pytest.raises(OSError, match="unplugged"):
        latest.take(0)


def test_waiting_too_long_for_an_item_raises_timeout_error() -> None:
    with pytest.raises(TimeoutError):
        LatestFrame[int]().take(0.01)


def test_callback_of_a_reader_that_found_no_item_is_called_once_when_an_item_arrives() -> None:
    latest: LatestFrame[int] = LatestFrame()
    calls: list[str] = []
    assert latest.take_or_call(lambda: calls.append("woken")) == (False, None)
    latest.put(1)
    latest.put(2)
    assert calls == ["woken"]
    assert latest.take_or_call(lambda: calls.append("too late")) == (True, 2)
    latest.close()
    assert calls == ["woken"]
    assert latest.take_or_call(lambda: None) == (True, None)


def test_callback_is_not_called_after_forget_call() -> None:
    latest: LatestFrame[int] = LatestFrame()
    calls: list[str] = []
    latest.take_or_call(lambda: calls.append("woken"))
    latest.forget_call()
    latest.put(1)
    assert calls == []
