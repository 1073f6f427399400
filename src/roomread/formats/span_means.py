"""Summarise the fields of one person's readings over a span of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roomread.readings import Reading
from roomread.wire import reading_to_dict

# Fields that describe the frame rather than the face, and the expression, which labels the span.
_LEFT_OUT = frozenset({"schema_version", "source", "time", "frame_index", "expression"})
# Number of decimals of a mean.
_DIGITS = 4


class SpanMeans:
    """Running summary of one person's readings over a span of time."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}

    def add(self, reading: Reading) -> None:
        """Add one reading of the person."""
        fields = reading_to_dict(reading)
        kept = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
        _merge(self._fields, kept)

    def fields(self) -> dict[str, Any]:
        """Return a value for each field of the readings, ready for JSON, in the schema's order.

        Numbers are means over the readings with a value, rounded to four decimals. Ids, strings
        and flags have their last known value. A field that no reading has is None.
        """
        return _resolved(self._fields)


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = 0


def _merge(into: dict[str, Any], fields: Mapping[str, Any]) -> None:
    """Add the values of a reading to the running means and the last known values in `into`."""
    for name, value in fields.items():
        known = into.get(name)
        if isinstance(value, Mapping) and value:
            into[name] = known if isinstance(known, dict) else {}
            _merge(into[name], value)
        elif isinstance(value, float):
            mean = into[name] = known if isinstance(known, _Mean) else _Mean()
            mean.total, mean.count = mean.total + value, mean.count + 1
        elif known is None or isinstance(value, bool | int | str):
            into[name] = value


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(part) for name, part in value.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, _Mean):
        return round(value.total / value.count, _DIGITS)
    return _resolved(value) if isinstance(value, dict) else value
