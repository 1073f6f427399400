from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from classes import frame as class_frame
from roomread.formats.openface import ACTION_UNITS, OpenFaceSink
from roomread.readings import Expression, Frame, Pose, Reading
from roomread.wire import column_types

PICTURE = Frame(np.zeros((8, 8, 3), np.uint8), 0.4, 9, "lesson.mp4")


def table(*readings: Reading) -> pd.DataFrame:
    file = io.StringIO(newline="")
    sink = OpenFaceSink(file)
    sink.add(PICTURE, readings)
    sink.close()
    file.seek(0)
    return pd.read_csv(file)


def test_columns_have_the_names_and_units_of_openface() -> None:
    (reading,) = class_frame(0.4, {3: Expression.HAPPY})
    reading = replace(reading, pose=Pose(yaw=10, pitch=20, roll=-30), action_units={"AU12": 0.5})
    row = table(reading).iloc[0]
    assert (row["frame"], row["face_id"], row["timestamp"], row["success"]) == (10, 3, 0.4, 1)
    assert row["confidence"] == reading.detection_confidence
    rotation = row[["pose_Rx", "pose_Ry", "pose_Rz"]].astype(float)
    assert rotation.tolist() == pytest.approx(np.radians([-20, -10, -30]))
    assert row["AU12_r"] == 2.5


def test_action_unit_and_pose_columns_are_empty_for_a_face_without_these_values() -> None:
    read = table(*class_frame(0.4, {1: None}))
    assert read["success"].tolist() == [0]
    empty = [f"AU{unit:02d}_r" for unit in ACTION_UNITS] + ["pose_Rx", "pose_Ry", "pose_Rz"]
    assert read[empty].isna().all(axis=None)


def test_openface_table_also_has_every_column_of_the_readings_table() -> None:
    names = set(column_types()) - {"confidence"} | {"expression_confidence"}
    assert names <= set(table(*class_frame(0.4, {1: Expression.SAD})).columns)
