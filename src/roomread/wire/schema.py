"""The schema of readings and frames; checks, JSON Schema and table columns are derived from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from roomread.errors import WireError
from roomread.readings import Expression, Unreadable
from roomread.wire.nodes import (
    Array,
    Choice,
    Constant,
    Dictionary,
    Flag,
    Integer,
    Node,
    Number,
    Record,
    Text,
)

# Incremented whenever a field of a released version is added, renamed, removed or changes its
# meaning.
WIRE_VERSION = 1

EXPRESSION_NAMES = tuple(e.display_name for e in Expression)
POSE_NAMES = ("yaw", "pitch", "roll")
EYES_NAMES = ("closed_share", "blinks_per_minute")
LANDMARK_NAMES = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")

# Maximum absolute value of a coordinate, px. Even a panorama has at most 100,000 px per side.
_FARTHEST = 1_000_000.0
_MOST_ID = 2**31 - 1
# Tolerance of the sum of the scores, because senders may round each of the seven to two digits.
_SUM_TOLERANCE = 0.04


def _coordinate(description: str) -> Number:
    return Number(description, minimum=-_FARTHEST, maximum=_FARTHEST)


def _share(description: str = "") -> Number:
    return Number(description, minimum=0, maximum=1)


def _measure(description: str, minimum: float, maximum: float) -> Number:
    return Number(description, minimum, maximum, nullable=True)


def _check_box(box: dict[str, Any], path: str) -> None:
    if box["right"] <= box["left"] or box["bottom"] <= box["top"]:
        raise WireError(path, "right must be greater than left, and bottom greater than top")


def _check_sum(scores: dict[str, Any], path: str) -> None:
    total = sum(scores.values())
    if abs(total - 1) > _SUM_TOLERANCE:
        raise WireError(path, f"the seven probabilities must sum to 1, not {total:g}")


def _check_scores(face: dict[str, Any], path: str) -> None:
    """Check that a face has either scores or a reason in `unreadable`, and no conflicts."""
    scores, reason = face.get("scores"), face.get("unreadable")
    if (scores is None) == (reason is None):
        raise WireError(path, "must have either 'scores' or a reason in 'unreadable'")
    if scores is None:
        for name in ("expression", "confidence", "threshold"):
            if face.get(name) is not None:
                raise WireError(f"{path}.{name}", "must be null in a face that is unreadable")
        return
    highest = max(scores.values())
    confidence = face.get("confidence")
    if confidence is not None and np.float32(confidence) != np.float32(highest):
        raise WireError(f"{path}.confidence", f"must be the highest of the scores, {highest:g}")


def _check_ids(faces: list[Any], path: str) -> None:
    for name in ("track_id", "seat"):
        ids = [face[name] for face in faces if face.get(name) is not None]
        if len(set(ids)) < len(ids):
            raise WireError(path, f"two faces of a frame have the same {name}")


_POINT: dict[str, Node] = {"x": _coordinate("px"), "y": _coordinate("px")}
_VERSION = Constant(WIRE_VERSION, "Version of this schema")
_SOURCE = Text("Name of the file, camera or stream")
_TIME = Number("Seconds from the start of the source", minimum=0, maximum=1e9)
_FRAME_INDEX = Integer(
    "Position of the frame in its source, from 0", minimum=0, maximum=_MOST_ID, nullable=True
)
_FACE_FIELDS: dict[str, Node] = {
    "track_id": Integer(
        "Id of the track within the source; null in a single picture",
        minimum=1,
        maximum=_MOST_ID,
        nullable=True,
    ),
    "seat": Integer(
        "Number of a place in a room or of a tile in a call; if people are distinguished by their "
        "faces, number of the person",
        minimum=1,
        maximum=_MOST_ID,
        nullable=True,
    ),
    "person": Text("Name or role, if one was given", shortest=1, longest=200, nullable=True),
    "box": Record(
        "Box",
        {name: _coordinate("px") for name in ("left", "top", "right", "bottom")},
        "Face from forehead to chin, px of the upright picture from its top left corner; right "
        "and bottom are exclusive, and it may reach beyond the picture",
        required=("left", "top", "right", "bottom"),
        rules=(_check_box,),
    ),
    "landmarks": Record(
        "Landmarks",
        {name: Record("Point", _POINT, "px", required=("x", "y")) for name in LANDMARK_NAMES},
        "Five points, px; left and right are those of the picture",
        required=LANDMARK_NAMES,
        nullable=True,
    ),
    "detection_confidence": _measure(
        "Probability that the box shows a face, estimated by the detector", 0, 1
    ),
    "expression": Choice(
        EXPRESSION_NAMES,
        "Expression with the highest score; null where the face is unreadable or the confidence "
        "is below the threshold",
        nullable=True,
    ),
    "confidence": _measure("Highest of the seven scores", 0, 1),
    "threshold": _measure("Confidence below which the expression is withheld", 0, 1),
    "scores": Record(
        "Scores",
        {name: _share() for name in EXPRESSION_NAMES},
        "The seven probabilities, which sum to 1; null where the face is unreadable",
        required=EXPRESSION_NAMES,
        rules=(_check_sum,),
        nullable=True,
    ),
    "unreadable": Choice(
        tuple(reason.value for reason in Unreadable),
        "Why the face cannot be read; null if it can",
        nullable=True,
    ),
    "quality": Record(
        "Quality",
        {
            "size": _measure("Longer side of the box, px", 0, 2 * _FARTHEST),
            "visible": _measure("Share of the box inside the picture", 0, 1),
            "brightness": _measure("Mean level of the crop, from black to white", 0, 1),
            "contrast": _measure("Standard deviation of the levels of the crop", 0, 0.5),
            "sharpness": _measure("Fine detail of the crop divided by its contrast", 0, 100),
            "frontality": _measure("1 facing the camera, 0 in profile", 0, 1),
        },
        "How well the face can be seen",
    ),
    "states": Dictionary(
        Record(
            "State",
            {
                "percentile": _share("Share of ordinary faces that are less similar"),
                "threshold": _share("Percentile from which the state is shown"),
                "shown": Flag("Whether the percentile reaches the threshold"),
            },
            required=("percentile", "threshold"),
        ),
        "Scores of the taught states, by name",
    ),
    "valence": _measure(
        "Probability of pleasant minus probability of unpleasant expressions", -1, 1
    ),
    "pose": Record(
        "Pose",
        {
            "yaw": Number("Positive towards the right of the picture, degrees", -180, 180),
            "pitch": Number("Positive when the head is raised, degrees", -180, 180),
            "roll": Number("Positive clockwise in the picture, degrees", -180, 180),
        },
        "Direction of the head; 0, 0, 0 faces the camera",
        required=POSE_NAMES,
        nullable=True,
    ),
    "action_units": Dictionary(
        _share(),
        "Intensity of facial action units by name, such as AU26, the open mouth, and AU45, closed "
        "eyes",
        nullable=True,
    ),
    "eyes": Record(
        "Eyes",
        {
            "closed_share": _share("Share of the last minute with closed eyes (PERCLOS)"),
            "blinks_per_minute": _measure(
                "Blinks a minute; null where frames are too far apart to see them", 0, 10_000
            ),
        },
        "Activity of the eyes over the last minute of a video; null until half of it was observed",
        required=("closed_share",),
        nullable=True,
    ),
}
_SCORES_OR_REASON = {
    "oneOf": [
        {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
        for name in ("scores", "unreadable")
    ]
}

FACE = Record(
    "Face",
    _FACE_FIELDS,
    "One face of a frame",
    required=("box",),
    rules=(_check_scores,),
    more=_SCORES_OR_REASON,
)
_READING_FIELDS: dict[str, Node] = {
    "schema_version": _VERSION,
    "source": _SOURCE,
    "time": _TIME,
    "frame_index": _FRAME_INDEX,
}
READING = Record(
    "Reading",
    _READING_FIELDS | _FACE_FIELDS,
    "One face of one frame, with the frame's own fields",
    required=("schema_version", "time", "box"),
    rules=(_check_scores,),
    more=_SCORES_OR_REASON,
)
FRAME = Record(
    "Frame",
    {
        "schema_version": _VERSION,
        "source": _SOURCE,
        "time": _TIME,
        "frame_index": _FRAME_INDEX,
        "width": Integer("Width of the picture, px", minimum=1, maximum=_FARTHEST, nullable=True),
        "height": Integer("Height of the picture, px", minimum=1, maximum=_FARTHEST, nullable=True),
        "signal": Text(
            "Why the frame shows no picture, such as a covered camera; null if it shows one",
            shortest=1,
            longest=200,
            nullable=True,
        ),
        "faces": Array(FACE, "The faces, largest first", rules=(_check_ids,)),
    },
    "One frame and its faces",
    required=("schema_version", "time", "faces"),
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a frame, with faces and readings in `$defs`."""
    frame = FRAME.schema()
    frame["properties"]["faces"]["items"] = {"$ref": "#/$defs/Face"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Roomread wire schema {WIRE_VERSION}",
        "$ref": "#/$defs/Frame",
        "$defs": {
            "Frame": frame,
            "Face": FACE.schema(),
            "Reading": READING.schema(),
        },
    }
