from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import supervision as sv

from classes import frame as class_frame
from roomread.pipeline.bridges import NO_EXPRESSION, to_pandas, to_supervision
from roomread.readings import Expression
from roomread.wire import COLUMNS

HAPPY, SAD = Expression.HAPPY, Expression.SAD


def test_data_frame_has_the_columns_of_the_csv_format_and_the_same_types_when_empty() -> None:
    full, empty = to_pandas(class_frame(0.0, {1: HAPPY, 2: None})), to_pandas([])
    assert list(full.columns) == list(empty.columns) == list(COLUMNS)
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()
    assert full.dtypes["track_id"] == pd.Int64Dtype()
    assert full.dtypes["scores_happy"] == "float32"


def test_data_frame_has_missing_values_where_nothing_is_known() -> None:
    table = to_pandas(class_frame(0.0, {1: HAPPY, 2: None}))
    assert table["expression"].tolist() == ["happy", pd.NA]
    assert table["confidence"].isna().tolist() == [False, True]


def test_supervision_detections_have_the_class_and_confidence_of_each_face() -> None:
    readings = class_frame(0.0, {1: HAPPY, 2: SAD, 3: None})
    detections = to_supervision(readings)
    assert isinstance(detections, sv.Detections)
    assert detections.class_id is not None
    assert detections.class_id.tolist() == [HAPPY, SAD, NO_EXPRESSION]
    assert list(detections.data["class_name"]) == ["happy", "sad", "unreadable"]
    assert detections.confidence is not None
    assert detections.confidence.tolist() == pytest.approx([*(r.confidence or 0 for r in readings)])
    assert detections.tracker_id is not None
    assert detections.tracker_id.tolist() == [reading.track_id for reading in readings]
    assert detections.xyxy[0].tolist() == pytest.approx(list(readings[0].box))


def test_picture_without_faces_is_converted_to_empty_supervision_detections() -> None:
    assert len(to_supervision([])) == 0


def test_supervision_annotators_draw_the_detections() -> None:
    scene = np.zeros((400, 900, 3), np.uint8)
    drawn = sv.BoxAnnotator().annotate(scene.copy(), to_supervision(class_frame(0.0, {1: HAPPY})))
    assert (drawn != scene).any()
