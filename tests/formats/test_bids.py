from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from classes import frame as class_frame
from roomread.formats.bids import BidsSink, sidecar, write_sidecar
from roomread.readings import Expression, Frame

PICTURE = Frame(np.zeros((8, 8, 3), np.uint8), 0.4, 9, "lesson.mp4")


def test_table_has_onsets_and_writes_missing_values_as_na() -> None:
    file = io.StringIO(newline="")
    sink = BidsSink(file, states=["confused"])
    sink.add(PICTURE, class_frame(0.4, {1: Expression.HAPPY, 2: None}))
    sink.close()
    happy, unread = csv.DictReader(io.StringIO(file.getvalue()), delimiter="\t")
    assert (happy["onset"], happy["expression"], happy["pose_yaw"]) == ("0.4", "happy", "n/a")
    assert (unread["expression"], unread["unreadable"]) == ("n/a", "turned away")
    assert list(happy) == list(sidecar(["confused"]))


def test_tab_and_line_break_in_a_name_do_not_shift_the_columns() -> None:
    file = io.StringIO(newline="")
    sink = BidsSink(file)
    (reading,) = class_frame(0.4, {1: Expression.HAPPY})
    sink.add(PICTURE, [replace(reading, person="Asha\t\nRao")])
    (row,) = csv.DictReader(io.StringIO(file.getvalue()), delimiter="\t")
    assert row["person"] == "Asha Rao"


def test_sidecar_describes_every_column_and_the_levels_of_expressions(tmp_path: Path) -> None:
    write_sidecar(tmp_path / "readings.tsv")
    described = json.loads((tmp_path / "readings.json").read_text())
    assert all(column["Description"] for column in described.values())
    assert set(described["expression"]["Levels"]) == {each.display_name for each in Expression}
    assert described["box_left"]["Units"] == "px"
