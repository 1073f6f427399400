"""Convert readings to columns of a table, which is faster than converting them row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Reading
from roomread.readings.reading import MEASURES
from roomread.wire.codec import states_to_dict
from roomread.wire.columns import COLUMNS, state_column
from roomread.wire.schema import (
    EXPRESSION_NAMES,
    EYES_NAMES,
    LANDMARK_NAMES,
    POSE_NAMES,
    WIRE_VERSION,
)

# The cells of one column: numbers with NaN where a value is not known, or other values with None.
Cells = NDArray[np.float64] | NDArray[np.float32] | list[Any]


def readings_to_columns(
    readings: Sequence[Reading], states: Sequence[str] = ()
) -> dict[str, Cells]:
    """Return the columns of a table of readings by name, in the order of `COLUMNS`.

    Args:
        readings: The N readings to convert.
        states: Names of taught states that get an additional column.

    Returns:
        Arrays [N] for numbers, with NaN where a value is not known. Probabilities, the
        confidence and landmarks are float32, as in the readings; other numbers are float64.
        Lists of N values for whole numbers and text, with None where a value is not known.
    """
    cells = (
        _of_frames(readings)
        | _table(("left", "top", "right", "bottom"), "box", [r.box for r in readings])
        | _landmarks(readings)
        | _scores(readings)
        | _qualities(readings)
        | _outputs(readings)
    )
    percentiles = [{state.name: state.percentile for state in r.states} for r in readings]
    return {name: cells[name] for name in COLUMNS} | {
        state_column(name): _floats(each.get(name) for each in percentiles) for name in states
    }


def _of_frames(readings: Sequence[Reading]) -> dict[str, Cells]:
    return {
        "schema_version": [WIRE_VERSION] * len(readings),
        "source": [r.source for r in readings],
        "time": _floats(r.time for r in readings),
        "frame_index": [r.frame_index for r in readings],
        "track_id": [r.track_id for r in readings],
        "seat": [r.seat for r in readings],
        "person": [r.person for r in readings],
        "detection_confidence": _floats(r.detection_confidence for r in readings),
    }


def _landmarks(readings: Sequence[Reading]) -> dict[str, Cells]:
    missing = np.full((len(LANDMARK_NAMES), 2), np.nan, dtype=np.float32)
    points = [missing if r.landmarks is None else r.landmarks for r in readings]
    names = [f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"]
    rows = np.array(points, dtype=np.float32).reshape(len(readings), len(names))
    return _table(names, "landmarks", rows)


def _scores(readings: Sequence[Reading]) -> dict[str, Cells]:
    missing = np.full(len(EXPRESSION_NAMES), np.nan, dtype=np.float32)
    rows = np.array(
        [missing if r.scores is None else r.scores.probabilities for r in readings],
        dtype=np.float32,
    ).reshape(len(readings), len(EXPRESSION_NAMES))
    thresholds = _floats(None if r.scores is None else r.scores.threshold for r in readings)
    tops = np.argmax(rows, axis=1)
    confidence = rows[np.arange(len(rows)), tops]
    # A comparison with NaN is false, so that an unreadable face has no expression.
    shown = confidence >= thresholds
    return _table(EXPRESSION_NAMES, "scores", rows) | {
        "expression": [
            EXPRESSION_NAMES[top] if known else None for top, known in zip(tops, shown, strict=True)
        ],
        "confidence": confidence,
        "threshold": thresholds,
    }


def _qualities(readings: Sequence[Reading]) -> dict[str, Cells]:
    qualities = [r.quality for r in readings]
    reasons = [None if q.reason is None else q.reason.value for q in qualities]
    rows = list(map(attrgetter(*MEASURES), qualities))
    return _table(MEASURES, "quality", rows) | {"unreadable": reasons}


def _outputs(readings: Sequence[Reading]) -> dict[str, Cells]:
    degrees = attrgetter(*POSE_NAMES)
    missing = (None,) * len(POSE_NAMES)
    rows = [missing if r.pose is None else degrees(r.pose) for r in readings]
    eyes = [(None, None) if r.eyes is None else attrgetter(*EYES_NAMES)(r.eyes) for r in readings]
    return (
        _table(POSE_NAMES, "pose", rows)
        | _table(EYES_NAMES, "eyes", eyes)
        | {
            "valence": _floats(r.valence for r in readings),
            "states": [
                json.dumps(states_to_dict(r.states)) if r.states else "{}" for r in readings
            ],
            "action_units": _action_units(readings),
        }
    )


class _JsonNumbers(dict[float, str]):
    """A cache of the JSON text of numbers, because few different values occur."""

    def __missing__(self, number: float) -> str:
        text = self[number] = json.dumps(float(number))
        return text


def _action_units(readings: Sequence[Reading]) -> list[str | None]:
    """Return the action units of each reading as JSON, several times faster than `json.dumps`."""
    numbers = _JsonNumbers()
    templates: dict[tuple[str, ...], str] = {}
    cells: list[str | None] = []
    for units in (r.action_units for r in readings):
        if units is None:
            cells.append(None)
            continue
        names = tuple(units)
        if names not in templates:
            members = (f"{json.dumps(name).replace('%', '%%')}: %s" for name in names)
            templates[names] = f"{{{', '.join(members)}}}"
        cells.append(templates[names] % tuple(map(numbers.__getitem__, units.values())))
    return cells


def _table(names: Sequence[str], prefix: str, rows: Any) -> dict[str, Cells]:
    values = np.asarray(rows, dtype=None if isinstance(rows, np.ndarray) else np.float64)
    values = values.reshape(-1, len(names))
    return {f"{prefix}_{name}": values[:, index] for index, name in enumerate(names)}


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array(list(values), dtype=np.float64)
