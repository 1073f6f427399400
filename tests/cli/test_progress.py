from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rich.progress import Progress

from classes import frame as class_frame
from roomread.cli.progress import ProgressBar, SourceBar
from roomread.media import Source
from roomread.readings import Expression, Frame

FRAME = Frame(np.zeros((8, 8, 3), np.uint8), 12.4, 0, "0")


class FakeSource(Source):
    """A source without frames."""

    def __init__(self, name: str, *, live: bool = False, notes: tuple[str, ...] = ()) -> None:
        self.name, self.live, self.duration = name, live, None
        self.is_picture, self.stream, self.notes = False, 1 if notes else None, notes
        self._dropped = 3

    @property
    def dropped(self) -> int:
        return self._dropped


class Shown(Progress):
    """A progress display that records the last state of a bar."""

    def update(self, task_id: Any, **state: Any) -> None:
        del task_id
        self.state = state


def bar(source: Source) -> tuple[Shown, SourceBar]:
    shown = Shown(disable=True)
    return shown, SourceBar(shown, shown.add_task("input"), source)


def test_progress_bar_of_a_file_shows_the_file_name_and_the_time() -> None:
    shown, of_file = bar(FakeSource("two\nlines.mp4"))
    of_file.advance(FRAME, class_frame(12.4, {1: Expression.HAPPY}))
    assert shown.state == {"completed": 12.4, "description": "two\\nlines.mp4"}
    of_file.show(3.0, "no mood yet")
    assert shown.state == {"completed": 3.0, "description": "two\\nlines.mp4: no mood yet"}


def test_progress_bar_of_a_camera_shows_its_readings_and_dropped_frames() -> None:
    shown, of_camera = bar(FakeSource("0", live=True))
    of_camera.advance(FRAME, class_frame(12.4, {1: Expression.HAPPY, 2: None}))
    assert shown.state["description"] == "0 12 s, 3 dropped: #1 happy, #2 ?"
    of_camera.advance(FRAME, [])
    assert shown.state["description"] == "0 12 s, 3 dropped: no face"
    of_camera.show(3.0, "no mood yet")
    assert shown.state["description"] == "0 3 s, 3 dropped: no mood yet"


def test_messages_but_no_progress_bar_are_printed_if_stderr_is_not_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ProgressBar(2, quiet=False) as progress, progress.source(FakeSource("a.mp4")) as shown:
        shown.show(1.0, "no mood yet")
        progress.say("roomread: a [b].mp4\nis damaged" + 200 * "!")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "roomread: a [b].mp4\\nis damaged" + 200 * "!" + "\n"


def test_note_on_the_chosen_video_track_names_the_option_for_another_track(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = ProgressBar(1, quiet=False)
    progress.tell_choice(FakeSource("a.mkv", notes=("track 1 is read, and not 0",)))
    assert capsys.readouterr().err == (
        "roomread: track 1 is read, and not 0 (--stream chooses another)\n"
    )
