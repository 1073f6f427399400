"""Convert a session's moods, alerts and parts to plain values; convert moods and alerts back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from roomread.readings import Expression
from roomread.room import Alert, Change, Interval, RoomMood

if TYPE_CHECKING:
    # Imported for types only, because the client has no database.
    from roomread.store.summary import Part

_NAMES = [e.display_name for e in Expression]
# The columns of a table of moods, with their types.
MOOD_COLUMNS: dict[str, type] = (
    {"time": float, "present": int, "readable": int, "coverage": float}
    | dict.fromkeys(("valence", "valence_low", "valence_high", "baseline", "trend"), float)
    | dict.fromkeys((f"scores_{name}" for name in _NAMES), float)
    # The shares of taught states by name, as JSON.
    | {"states": str, "looking_away": float}
)


def mood_to_dict(mood: RoomMood) -> dict[str, Any]:
    """Return a mood as plain values, ready for JSON; missing values are None."""
    return {
        "time": mood.time,
        "present": mood.present,
        "readable": mood.readable,
        "coverage": mood.coverage,
        "valence": mood.valence,
        "valence_interval": _interval(mood.valence_interval),
        "baseline": mood.baseline,
        "trend": mood.trend,
        "direction": mood.direction.value if mood.direction is not None else None,
        "scores": _scores(mood.scores),
        "states": dict(mood.states),
        "looking_away": mood.looking_away,
    }


def mood_from_dict(values: Mapping[str, Any]) -> RoomMood:
    """Build a mood from plain values, ignoring values that are derived from other values.

    Raises:
        KeyError: A value is missing.
    """
    scores, baseline, away = values["scores"], values["baseline"], values["looking_away"]
    return RoomMood(
        time=float(values["time"]),
        present=int(values["present"]),
        readable=int(values["readable"]),
        scores=None if scores is None else np.array([scores[name] for name in _NAMES]),
        baseline=None if baseline is None else float(baseline),
        states={name: float(share) for name, share in values["states"].items()},
        looking_away=None if away is None else float(away),
    )


def mood_to_row(mood: RoomMood) -> dict[str, Any]:
    """Return a mood as a row of `MOOD_COLUMNS`; missing values are None."""
    values = mood_to_dict(mood)
    low, high = values["valence_interval"] or (None, None)
    scores = values["scores"] or dict.fromkeys(_NAMES)
    flat = values | {"valence_low": low, "valence_high": high}
    flat |= {f"scores_{name}": value for name, value in scores.items()}
    flat["states"] = json.dumps(values["states"])
    return {name: flat[name] for name in MOOD_COLUMNS}


def part_to_dict(part: Part) -> dict[str, Any]:
    """Return the part of a session between two marks as plain values."""
    return {
        "label": part.label,
        "start": part.start,
        "end": part.end,
        "present": part.present,
        "coverage": part.coverage,
        "valence": part.valence,
        "valence_interval": _interval(part.interval),
        "scores": _scores(part.scores),
        "looking_away": part.looking_away,
    }


def change_to_dict(change: Change) -> dict[str, Any]:
    """Return a lasting step of the valence as plain values."""
    return {"time": change.time, "before": change.before, "after": change.after}


def alert_to_dict(alert: Alert) -> dict[str, Any]:
    """Return an alert as plain values."""
    return {
        "number": alert.number,
        "time": alert.time,
        "ended": alert.ended,
        "seat": alert.seat,
        "rule": alert.rule,
        "measure": alert.measure,
        "value": alert.value,
        "before": alert.before,
        "seconds": alert.seconds,
        "reason": alert.reason,
        "certainty": alert.certainty,
    }


def alert_from_dict(values: Mapping[str, Any]) -> Alert:
    """Build an alert from plain values, ignoring values that are derived from other values.

    Raises:
        KeyError: A value is missing.
    """
    return Alert(**{each.name: values[each.name] for each in fields(Alert)})


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _scores(scores: NDArray[np.float64] | None) -> dict[str, float] | None:
    return None if scores is None else dict(zip(_NAMES, map(float, scores), strict=True))
