"""Convert readings and frames to plain values and back, without loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomread.errors import WireError
from roomread.readings import (
    Box,
    Expression,
    EyeActivity,
    Frame,
    Pose,
    Quality,
    Reading,
    Scores,
    StateScore,
    Unreadable,
)
from roomread.readings.reading import MEASURES
from roomread.wire.schema import (
    EXPRESSION_NAMES,
    EYES_NAMES,
    FRAME,
    LANDMARK_NAMES,
    POSE_NAMES,
    READING,
    WIRE_VERSION,
)


@dataclass(frozen=True, slots=True)
class FrameReadings:
    """The readings of one frame, without its pixels.

    Attributes:
        source: name of the file, camera or stream.
        time: seconds from the start of the source.
        frame_index: position of the frame in its source, from 0; None if it is not known.
        width: the width of the picture, px; None if it is not known.
        height: the height of the picture, px; None if it is not known.
        readings: one for each face, largest first, each with the frame's source, time and index.
        signal: why the frame has no usable picture, such as a covered camera; else None.
    """

    source: str
    time: float
    frame_index: int | None
    width: int | None
    height: int | None
    readings: tuple[Reading, ...]
    signal: str | None = None

    @classmethod
    def of(
        cls, frame: Frame, readings: Iterable[Reading], *, signal: str | None = None
    ) -> FrameReadings:
        """Combine readings with the properties of their frame."""
        height, width = frame.image.shape[:2]
        faces = tuple(readings)
        return cls(frame.source, frame.time, frame.index, width, height, faces, signal)


def reading_to_dict(reading: Reading) -> dict[str, Any]:
    """Return a reading as plain values, ready for JSON, with every field of the schema."""
    return {
        "schema_version": WIRE_VERSION,
        "source": reading.source,
        "time": float(reading.time),
        "frame_index": reading.frame_index,
    } | _face_to_dict(reading)


def frame_to_dict(frame: FrameReadings) -> dict[str, Any]:
    """Return a frame and its faces as plain values, ready for JSON."""
    return {
        "schema_version": WIRE_VERSION,
        "source": frame.source,
        "time": float(frame.time),
        "frame_index": frame.frame_index,
        "width": frame.width,
        "height": frame.height,
        "signal": frame.signal,
        "faces": [_face_to_dict(reading) for reading in frame.readings],
    }


def reading_from_dict(value: Any, *, path: str = "$") -> Reading:
    """Build a reading from plain values.

    Args:
        value: the reading as `json.loads` returns it.
        path: the JSONPath of the reading in a larger document, for error messages.

    Raises:
        WireError: the value violates the schema; the message names the field.
    """
    READING.check(value, path)
    return _face_from_dict(value, value, path, 0.0)


def frame_from_dict(
    value: Any, *, path: str = "$", default_threshold: float = 0.0
) -> FrameReadings:
    """Build a frame from plain values.

    Args:
        value: the frame as `json.loads` returns it.
        path: the JSONPath of the frame in a larger document, for error messages.
        default_threshold: confidence below which a face's expression is withheld, 0..1; used for
            faces whose own `threshold` is missing.

    Raises:
        WireError: the value violates the schema; the message names the field.
    """
    FRAME.check(value, path)
    return FrameReadings(
        source=value.get("source", ""),
        time=float(value["time"]),
        frame_index=_integer(value.get("frame_index")),
        width=_integer(value.get("width")),
        height=_integer(value.get("height")),
        readings=tuple(
            _face_from_dict(face, value, f"{path}.faces[{index}]", default_threshold)
            for index, face in enumerate(value["faces"])
        ),
        signal=value.get("signal"),
    )


def _face_to_dict(reading: Reading) -> dict[str, Any]:
    scores, pose = reading.scores, reading.pose
    probabilities = None if scores is None else _shortest(scores.probabilities)
    return {
        "track_id": reading.track_id,
        "seat": reading.seat,
        "person": reading.person,
        "box": {name: float(value) for name, value in reading.box._asdict().items()},
        "landmarks": _landmarks_to_dict(reading.landmarks),
        "detection_confidence": _float(reading.detection_confidence),
        "expression": _name(reading.expression),
        "confidence": None if probabilities is None else max(probabilities),
        "threshold": None if scores is None else float(scores.threshold),
        "scores": None
        if probabilities is None
        else dict(zip(EXPRESSION_NAMES, probabilities, strict=True)),
        "unreadable": reading.quality.reason.value if reading.quality.reason is not None else None,
        "quality": {name: _float(getattr(reading.quality, name)) for name in MEASURES},
        "states": states_to_dict(reading.states),
        "valence": _float(reading.valence),
        "pose": None if pose is None else {name: float(getattr(pose, name)) for name in POSE_NAMES},
        "action_units": None
        if reading.action_units is None
        else action_units_to_dict(reading.action_units),
        "eyes": None
        if reading.eyes is None
        else {name: _float(getattr(reading.eyes, name)) for name in EYES_NAMES},
    }


def states_to_dict(states: Iterable[StateScore]) -> dict[str, dict[str, Any]]:
    """Return the scores of taught states as plain values, by name."""
    return {
        state.name: {
            "percentile": float(state.percentile),
            "threshold": float(state.threshold),
            "shown": bool(state.is_shown),
        }
        for state in states
    }


def action_units_to_dict(units: Mapping[str, float]) -> dict[str, float]:
    """Return the intensities of action units as plain values, by name."""
    return _floats(units)


def _face_from_dict(
    face: Mapping[str, Any], frame: Mapping[str, Any], path: str, default_threshold: float
) -> Reading:
    quality = face.get("quality", {})
    reason = face.get("unreadable")
    return Reading(
        source=frame.get("source", ""),
        time=float(frame["time"]),
        frame_index=_integer(frame.get("frame_index")),
        box=Box(**_floats(face["box"])),
        detection_confidence=_float(face.get("detection_confidence")),
        quality=Quality(
            **{name: _float(quality.get(name)) for name in MEASURES},
            reason=None if reason is None else Unreadable(reason),
        ),
        scores=_scores_from_dict(face, path, default_threshold),
        track_id=_integer(face.get("track_id")),
        seat=_integer(face.get("seat")),
        person=face.get("person"),
        landmarks=_landmarks_from_dict(face.get("landmarks")),
        states=_states_from_dict(face.get("states", {}), path),
        valence=_float(face.get("valence")),
        pose=None if face.get("pose") is None else Pose(**_floats(face["pose"])),
        action_units=None if face.get("action_units") is None else _floats(face["action_units"]),
        eyes=_eyes_from_dict(face.get("eyes")),
    )


def _eyes_from_dict(eyes: Mapping[str, Any] | None) -> EyeActivity | None:
    if eyes is None:
        return None
    return EyeActivity(float(eyes["closed_share"]), _float(eyes.get("blinks_per_minute")))


def _scores_from_dict(
    face: Mapping[str, Any], path: str, default_threshold: float
) -> Scores | None:
    if face.get("scores") is None:
        return None
    probabilities = [face["scores"][name] for name in EXPRESSION_NAMES]
    threshold = _float(face.get("threshold"))
    scores = Scores(
        np.array(probabilities, dtype=np.float32),
        default_threshold if threshold is None else threshold,
    )
    if "expression" in face and face["expression"] != _name(scores.expression):
        expected = _name(scores.expression) or "null"
        problem = f"must be {expected}, which follows from the scores and the threshold"
        raise WireError(f"{path}.expression", problem)
    return scores


def _states_from_dict(states: Mapping[str, Any], path: str) -> tuple[StateScore, ...]:
    found = []
    for name, state in states.items():
        score = StateScore(name, float(state["percentile"]), float(state["threshold"]))
        if state.get("shown", score.is_shown) != score.is_shown:
            shown = "true" if score.is_shown else "false"
            problem = f"must be {shown}, which follows from the percentile and the threshold"
            raise WireError(f"{path}.states.{name}.shown", problem)
        found.append(score)
    return tuple(found)


def _landmarks_to_dict(points: NDArray[np.float32] | None) -> dict[str, dict[str, float]] | None:
    if points is None:
        return None
    values = iter(_shortest(points.ravel()))
    return {name: {"x": next(values), "y": next(values)} for name in LANDMARK_NAMES}


def _landmarks_from_dict(points: Mapping[str, Any] | None) -> NDArray[np.float32] | None:
    if points is None:
        return None
    rows = [[points[name]["x"], points[name]["y"]] for name in LANDMARK_NAMES]
    return np.array(rows, dtype=np.float32)


def _shortest(values: Sequence[Any] | NDArray[np.float32]) -> list[float]:
    """Return float32 values as the shortest decimals that parse to the same float32."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32)]


def _name(expression: Expression | None) -> str | None:
    return None if expression is None else expression.display_name


def _floats(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)
