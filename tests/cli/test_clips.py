"""Tests of `roomread session clips` on a recorded video call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from program import Program
from roomread.bench.scenes import grid
from roomread.faces import CenterFace
from roomread.media import VideoWriter, open_source
from roomread.store import Mark, OwnerStore

CALL = grid(width=640, height=360, columns=4, rows=2, people=6)


@pytest.fixture
def session_id(local_sessions: OwnerStore) -> str:
    """Return the id of a session with one mark, in a new database."""
    session = local_sessions.create("Algebra 7b")
    local_sessions.mark(session.id, [Mark(2.0, "group work")])
    return session.id


def test_clip_around_a_mark_hides_all_faces(
    roomread: Program, tmp_path: Path, session_id: str
) -> None:
    with VideoWriter(tmp_path / "lesson.mp4") as video:
        for n in range(10):
            video.write(np.roll(CALL.image, n % 5 - 2, axis=1), n / 2)
    arguments = ("session", "clips", session_id, "lesson.mp4", "--around", "marks")
    result = roomread(*arguments, "--length", "3s", "--before", "1s")
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode().splitlines() == [
        f"wrote {Path('clips') / '01-mark-at-0m02s.mp4'}: group work at 0:02"
    ]
    with open_source(tmp_path / "clips" / "01-mark-at-0m02s.mp4") as source:
        images = [frame.image.copy() for frame in source]
    assert len(images) == 6
    found = CenterFace(threads=1).detect(CALL.image)
    assert len(found) == 6
    for box in (face.box for face in found):
        rows = slice(int(box.top), int(box.bottom))
        columns = slice(int(box.left) + 3, int(box.right) - 3)
        before = np.abs(np.diff(CALL.image[rows, columns].astype(int), axis=0)).mean()
        after = np.abs(np.diff(images[2][rows, columns].astype(int), axis=0)).mean()
        assert after < before / 2


def test_clips_of_falls_are_refused_for_a_session_without_falls(
    roomread: Program, session_id: str
) -> None:
    result = roomread("session", "clips", session_id, "lesson.mp4")
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert "has no falls to make clips of" in line
