from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from roomread.services.contents import write_content


@pytest.mark.parametrize("content", [b"a video", io.BytesIO(b"a video")], ids=["bytes", "file"])
def test_content_given_as_bytes_or_file_is_written_unchanged(
    tmp_path: Path, content: bytes | io.BytesIO
) -> None:
    write_content(content, tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"a video"


def test_large_open_file_is_copied_with_little_memory(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    with large.open("rb") as file:
        write_content(file, tmp_path / "copy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "copy").stat().st_size == 50_000_000
    assert peak < 5_000_000
