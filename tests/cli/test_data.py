from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fer_files import tiny_fer, write_csv, write_ferplus
from program import Program

pytestmark = pytest.mark.training


def test_data_review_finds_a_duplicate_picture_and_writes_a_csv_file_and_an_html_page(
    roomread: Program, tmp_path: Path
) -> None:
    data = tiny_fer(votes=True)
    data.images[-1] = data.images[0]
    write_csv(data, tmp_path / "fer2013.csv")
    write_ferplus(data, tmp_path / "plus.csv")
    result = roomread(
        "data", "review", "fer2013.csv", "--ferplus", "plus.csv", "--rows", "rows.csv"
    )
    assert result.returncode == 0, result.stderr
    assert b"42 pictures" in result.stdout
    copies = [
        row
        for row in csv.DictReader((tmp_path / "rows.csv").read_text().splitlines())
        if row["finding"] == "copy"
    ]
    assert [(row["row"], row["other_row"]) for row in copies] == [("41", "0")]
    assert (tmp_path / "review.html").read_text().count("<svg") == 4
