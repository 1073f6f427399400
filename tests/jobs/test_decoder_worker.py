from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from roomread.jobs import decoder_worker
from roomread.jobs.worker_process import receive, send


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (10, 20, 30)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def outlet(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Replace the worker's pipes by buffers with four pictures, so that it runs in this process.

    Return the buffer for the worker's messages.
    """
    inlet, written = io.BytesIO(), io.BytesIO()
    for name, content in (
        ("me.png", png(4, 2)),
        ("text.jpg", b"no picture"),
        ("large.png", png(20, 20)),
        ("again.png", png(2, 3)),
    ):
        send(inlet, {"name": name}, content)
    inlet.seek(0)
    monkeypatch.setattr(decoder_worker, "take_pipes", lambda: (inlet, written))
    for limit in ("limit_memory", "lower_priority"):
        monkeypatch.setattr(decoder_worker, limit, lambda _: None)
    return written


def test_worker_answers_each_picture_with_its_pixels_or_an_error(outlet: io.BytesIO) -> None:
    decoder_worker.main(100, 500)
    outlet.seek(0)
    answers = list(iter(lambda: receive(outlet), None))
    assert answers[0] == ({"ready": True}, b"")
    head, pixels = answers[1]
    assert head == {"shape": [2, 4, 3], "notes": []}
    assert np.frombuffer(pixels, np.uint8).reshape(2, 4, 3)[1, 3].tolist() == [10, 20, 30]
    assert answers[2][0]["problem"].startswith("text.jpg: ")
    assert answers[3][0]["problem"].startswith("large.png: ")
    # The worker continues after a picture that cannot be read.
    assert answers[4][0]["shape"] == [3, 2, 3]
    assert len(answers) == 5


def test_picture_that_needs_too_much_memory_is_reported_with_its_name(
    outlet: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decoder_worker, "read_image", fail)
    decoder_worker.main(100, 500)
    outlet.seek(0)
    receive(outlet)
    answer = receive(outlet)
    assert answer is not None
    assert answer[0] == {"problem": "me.png: needs too much memory", "hint": "scale it down"}
