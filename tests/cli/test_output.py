from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from classes import frame as class_frame
from roomread.cli.output import Format, choose_format, open_sink
from roomread.errors import OutputError
from roomread.readings import Expression, Frame

FILES = sorted(set(Format) - {Format.LSL})
FRAMES = [Frame(np.zeros((8, 8, 3), np.uint8), n / 2, n, "lesson.mp4") for n in range(3)]


@pytest.mark.parametrize("form", FILES)
def test_readings_can_be_written_to_a_file_in_every_format(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "readings.out"
    with open_sink(form, path, io.StringIO(), states=["confused"]) as sink:
        for picture in FRAMES:
            sink.add(picture, class_frame(picture.time, {1: Expression.HAPPY, 2: None}))
    assert b"happy" in path.read_bytes()


@pytest.mark.parametrize("form", sorted(set(FILES) - {Format.PARQUET, Format.BIDS}))
def test_text_formats_write_to_standard_output(form: Format) -> None:
    out = io.StringIO()
    with open_sink(form, None, out) as sink:
        sink.add(FRAMES[0], class_frame(0.0, {1: Expression.HAPPY}))
    assert "happy" in out.getvalue()


def test_bids_table_is_written_with_its_sidecar(tmp_path: Path) -> None:
    with open_sink(Format.BIDS, tmp_path / "lesson.tsv", io.StringIO()):
        pass
    assert (tmp_path / "lesson.json").exists()


@pytest.mark.parametrize("form", [Format.PARQUET, Format.BIDS])
def test_parquet_and_bids_without_a_file_are_refused(form: Format) -> None:
    with (
        pytest.raises(OutputError, match=r"-o readings\.(parquet|tsv)"),
        open_sink(form, None, io.StringIO()),
    ):
        pass


def test_lsl_stream_with_an_output_file_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="leave out -o"),
        open_sink(Format.LSL, tmp_path / "a.csv", io.StringIO()),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.JSONL", Format.JSONL),
        ("a.eaf", Format.ELAN),
        ("a.vtt", Format.WEBVTT),
        ("a.srt", Format.SUBRIP),
        ("a.tsv", Format.BIDS),
        ("a.lsl", Format.TABLE),
        ("a.txt", Format.TABLE),
    ],
)
def test_file_suffix_determines_the_format(name: str, form: Format) -> None:
    assert choose_format(None, Path(name)) is form
