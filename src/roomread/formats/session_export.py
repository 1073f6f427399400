"""A session as CSV, Parquet, JSON or xAPI statements, for other programs."""

from __future__ import annotations

import csv
import importlib.util
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from roomread.errors import MissingExtraError
from roomread.readings import Expression, Reading
from roomread.room import RoomMood
from roomread.store.owner_store import OwnerStore
from roomread.store.records import Session
from roomread.store.summary import Part, Summary, summarise

_NAMES = [e.display_name for e in Expression]
# Rows of a Parquet file that are kept in memory before they are written.
_ROW_GROUP = 20_000
# Identifiers, not addresses: nothing is looked up there.
_XAPI = "https://roomread.example/xapi"


class Format(StrEnum):
    """What a session can be exported as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    XAPI = "xapi"


def export(
    store: OwnerStore, session_id: str, form: Format, path: Path, *, people: bool = False
) -> None:
    """Writes a session to a file.

    Args:
        store: where it is kept.
        session_id: the session's id.
        form: CSV and Parquet are a row a moment; JSON is all of it; xAPI a statement a part.
        path: the file.
        people: a row a reading of a person instead; for CSV and Parquet.

    Raises:
        SessionError: there is no such session.
        MissingExtraError: Parquet without its extra.
    """
    session = store.session(session_id)
    if form in (Format.CSV, Format.PARQUET):
        columns = PEOPLE_COLUMNS if people else ROOM_COLUMNS
        rows = (
            map(person_row, store.readings(session.id))
            if people
            else map(room_row, store.moods(session.id))
        )
        if form is Format.PARQUET:
            _write_parquet(path, columns, rows)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, columns, rows)
        return
    content = document(store, session) if form is Format.JSON else statements(store, session)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


ROOM_COLUMNS: dict[str, type] = (
    {"time": float, "present": int, "readable": int}
    | dict.fromkeys(("valence", "valence_low", "valence_high", "baseline"), float)
    | dict.fromkeys(_NAMES, float)
)
PEOPLE_COLUMNS: dict[str, type] = (
    {"time": float, "seat": int, "name": str, "expression": str, "confidence": float}
    | {"unreadable": str}
    | dict.fromkeys(("left", "top", "right", "bottom"), float)
    | dict.fromkeys(_NAMES, float)
)


def room_row(mood: RoomMood) -> dict[str, Any]:
    """A mood as a row; empty where there is no figure."""
    low, high = mood.valence_interval or (None, None)
    scores = mood.scores if mood.scores is not None else [None] * len(_NAMES)
    figures = {
        "valence": mood.valence,
        "valence_low": low,
        "valence_high": high,
        "baseline": mood.baseline,
    } | dict(zip(_NAMES, scores, strict=True))
    return {"time": mood.time, "present": mood.present, "readable": mood.readable} | {
        name: None if value is None else round(float(value), 4) for name, value in figures.items()
    }


def person_row(reading: Reading) -> dict[str, Any]:
    """A reading of a person as a row; no scores where it was not readable."""
    plain = reading.to_dict()
    return {
        "time": reading.time,
        "seat": reading.person_key,
        "name": reading.person,
        "expression": plain["expression"],
        "confidence": plain["confidence"],
        "unreadable": plain["unreadable"],
        **plain["box"],
        **(plain["scores"] or dict.fromkeys(_NAMES)),
    }


def write_csv(file: IO[str], columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> None:
    """A header and the rows; RFC 4180."""
    writer = csv.DictWriter(file, list(columns))
    writer.writeheader()
    writer.writerows(rows)


def _write_parquet(path: Path, columns: dict[str, type], rows: Iterator[dict[str, Any]]) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError("writing Parquet", extra="parquet")
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        group: list[dict[str, Any]] = []
        for row in rows:
            group.append(row)
            if len(group) == _ROW_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        writer.write_table(pa.Table.from_pylist(group, schema))


def document(store: OwnerStore, session: Session) -> dict[str, Any]:
    """All of a session but its people's readings, as plain values."""
    moods, marks = store.moods(session.id), store.marks(session.id)
    summary = summarise(moods, marks)
    return {
        "id": session.id,
        "name": session.name,
        "source": session.source,
        "model": session.model,
        "started_at": session.started_at.isoformat(),
        "ended_at": session.ended_at.isoformat() if session.ended_at is not None else None,
        "consent": session.consent or None,
        "rules": session.rules.splitlines(),
        "marks": [{"time": mark.time, "label": mark.label} for mark in marks],
        "parts": [_plain_part(part) for part in summary.parts],
        "changes": [
            {"time": c.time, "before": round(c.before, 4), "after": round(c.after, 4)}
            for c in summary.changes
        ],
        "alerts": [
            {
                "time": alert.time,
                "ended": alert.ended,
                "seat": alert.seat,
                "rule": alert.rule,
                "reason": alert.reason,
                "certainty": round(alert.certainty, 3),
            }
            for alert in store.alerts(session.id)
        ],
        "people": [
            {"seat": person.seat, "name": person.name, "consent": person.consent}
            for person in store.people(session.id)
        ],
        "moods": [room_row(mood) for mood in moods],
    }


def _plain_part(part: Part) -> dict[str, Any]:
    return {
        "label": part.label,
        "start": part.start,
        "end": part.end,
        "present": round(part.present, 1),
        "coverage": round(part.coverage, 3),
        "valence": None if part.valence is None else round(part.valence, 4),
        "valence_interval": None if part.interval is None else [round(v, 4) for v in part.interval],
        "scores": None
        if part.scores is None
        else {name: round(float(s), 4) for name, s in zip(_NAMES, part.scores, strict=True)},
    }


def statements(store: OwnerStore, session: Session) -> list[dict[str, Any]]:
    """A statement of xAPI 1.0.3 for each part of the lesson, about the group and nobody in it."""
    summary: Summary = summarise(store.moods(session.id), store.marks(session.id))
    return [_statement(session, number, part) for number, part in enumerate(summary.parts)]


def _statement(session: Session, number: int, part: Part) -> dict[str, Any]:
    figures = _plain_part(part)
    lesson = f"{_XAPI}/session/{session.id}"
    return {
        # The same part is the same statement, however often it is sent.
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{lesson}/{number}/{part.start}")),
        "actor": {
            "objectType": "Group",
            "name": session.name,
            "account": {"homePage": _XAPI, "name": session.id},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/experienced",
            "display": {"en": "experienced"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{lesson}/part/{number}",
            "definition": {"name": {"und": part.label}},
        },
        "result": {
            "duration": f"PT{part.end - part.start:.3f}S",
            "extensions": {
                f"{_XAPI}/{name}": figures[name]
                for name in ("present", "coverage", "valence", "valence_interval", "scores")
                if figures[name] is not None
            },
        },
        "timestamp": (session.started_at + timedelta(seconds=part.start)).isoformat(),
    }
