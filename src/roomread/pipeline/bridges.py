"""Convert readings to objects of other libraries, each of which is an optional extra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from roomread.errors import MissingExtraError
from roomread.readings import Expression, Reading
from roomread.wire import column_types, readings_to_columns

if TYPE_CHECKING:
    from supervision import Detections

# The class id, after the seven expressions, of faces that are "unsure" or "unreadable".
NO_EXPRESSION = len(Expression)

_PANDAS = {str: "string", int: "Int64"}


def to_pandas(readings: Sequence[Reading]) -> Any:
    """Return a `pandas.DataFrame` with a row for each face and the columns of a readings file.

    Probabilities, the confidence and landmarks are float32, other numbers float64 or Int64, and
    texts are strings. A value that is not known is missing.

    Args:
        readings: The readings. Each taught state that occurs in them gets a column of its own.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingExtraError("to_pandas", extra="pandas") from error
    states = list(dict.fromkeys(state.name for each in readings for state in each.states))
    kinds = column_types(states)
    columns = readings_to_columns(readings, states)
    return pd.DataFrame(
        {name: pd.Series(cells, dtype=_PANDAS.get(kinds[name])) for name, cells in columns.items()}
    )


def to_supervision(readings: Sequence[Reading]) -> Detections:
    """Return `supervision.Detections` with a detection for each face.

    `class_id` is the expression's number in FER-2013's order, or `NO_EXPRESSION` (7) for an unsure
    or unreadable face. `confidence` is the highest probability, or 0 for an unreadable face.
    `tracker_id` is set if every face has a track. `data` has `class_name` (the expression,
    "unsure" or "unreadable") and `detection_confidence`.

    Raises:
        MissingExtraError: supervision is not installed.
    """
    try:
        from supervision import Detections  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingExtraError("to_supervision", extra="supervision") from error
    if not readings:
        return Detections.empty()
    tracks = [reading.track_id for reading in readings]
    return Detections(
        xyxy=np.array([reading.box for reading in readings], dtype=np.float32),
        confidence=np.array([r.confidence or 0.0 for r in readings], dtype=np.float32),
        class_id=np.array([_class_id(reading) for reading in readings]),
        tracker_id=None if None in tracks else np.array(tracks),
        data={
            "class_name": np.array([reading.label for reading in readings]),
            "detection_confidence": np.array(
                [r.detection_confidence for r in readings], dtype=np.float64
            ),
        },
    )


def _class_id(reading: Reading) -> int:
    return NO_EXPRESSION if reading.expression is None else int(reading.expression)
