"""Export a session as CSV, Parquet, JSON or xAPI statements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from roomread.formats.csv_table import write_csv
from roomread.formats.figures import session_figures
from roomread.formats.parquet import ParquetTable
from roomread.formats.report_values import TABLE_COLUMNS, mood_rows, report_to_dict
from roomread.formats.room_values import (
    alert_to_dict,
    change_to_dict,
    mood_to_dict,
    part_to_dict,
)
from roomread.formats.session_formats import SessionFormat
from roomread.formats.xapi import statements
from roomread.room.session import Session
from roomread.store.owner_store import OwnerStore
from roomread.wire import WIRE_VERSION, column_types, reading_to_row


def export(
    store: OwnerStore, session_id: str, form: SessionFormat, path: Path, *, people: bool = False
) -> None:
    """Write a session to a file.

    Args:
        store: The store of the session's owner.
        session_id: The session's id.
        form: The format. CSV and Parquet have a row for each mood, JSON has the whole session, and
            xAPI has a statement for each part.
        path: The file to write.
        people: Whether CSV and Parquet have a row for each reading instead of for each mood.

    Raises:
        SessionError: The owner has no such session.
        MissingExtraError: The format is Parquet, and the extra `parquet` is not installed.
    """
    session = store.session(session_id)
    if form is SessionFormat.JSON:
        _write_json(path, document(store, session))
    elif form is SessionFormat.XAPI:
        summary = session_figures(store, session).summary
        _write_json(path, statements(session, summary.parts, store.reports(session_id)))
    else:
        _write_table(store, session, form, path, people=people)


def _write_table(
    store: OwnerStore, session: Session, form: SessionFormat, path: Path, *, people: bool
) -> None:
    columns = column_types() if people else TABLE_COLUMNS
    rows = (
        map(reading_to_row, store.readings(session.id))
        if people
        else mood_rows(session_figures(store, session).moods, store.reports(session.id))
    )
    if form is SessionFormat.PARQUET:
        table = ParquetTable(path, columns)
        table.add(rows)
        table.close()
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_csv(file, columns, rows)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def document(store: OwnerStore, session: Session) -> dict[str, Any]:
    """Return a session, without readings of individual people, as plain values ready for JSON."""
    figures = session_figures(store, session)
    summary = figures.summary
    return {
        "schema_version": WIRE_VERSION,
        "id": session.id,
        "name": session.name,
        "source": session.source,
        "model": session.model,
        "threshold": session.threshold,
        "started_at": session.started_at.isoformat(),
        "ended_at": session.ended_at.isoformat() if session.ended_at is not None else None,
        "consent": session.consent or None,
        "purpose": session.purpose or None,
        "region": session.region or None,
        "notice": session.notice or None,
        "notice_at": session.notice_at.isoformat() if session.notice_at is not None else None,
        "rules": session.rules.splitlines(),
        "marks": [{"time": mark.time, "label": mark.label} for mark in figures.marks],
        "parts": [part_to_dict(part) for part in summary.parts],
        "changes": [change_to_dict(change) for change in summary.changes],
        "alerts": [alert_to_dict(alert) for alert in store.alerts(session.id)],
        "people": [
            {"seat": person.seat, "name": person.name, "consent": person.consent}
            for person in store.people(session.id)
        ],
        "reports": [report_to_dict(sample) for sample in store.reports(session.id)],
        "moods": [mood_to_dict(mood) for mood in figures.moods],
    }
