from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.cli.output import Format, open_sink
from roomread.errors import MediaError, WireError
from roomread.formats.reading_files import SUFFIXES, read_readings
from roomread.readings import Expression, Frame

PICTURE = Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0, "lesson")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_readings_are_equal_after_writing_and_reading_every_format(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"readings{suffix}"
    readings = class_frame(0.0, {1: Expression.HAPPY, 2: None})
    with open_sink(Format(suffix[1:]), path, io.StringIO()) as sink:
        sink.add(PICTURE, readings)
    assert list(read_readings(path)) == readings


@pytest.mark.parametrize("name", ["readings.txt", "readings", "missing.csv"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match=name):
        list(read_readings(tmp_path / name))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_content_that_is_not_readings_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"readings{suffix}"
    path.write_text("name\nAsha\n")
    with pytest.raises(WireError):
        list(read_readings(path))
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises((MediaError, WireError)):
        list(read_readings(path))
