"""Convert a session to xAPI 1.0.3 statements for a learning record store."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from roomread.formats.report_values import part_reports
from roomread.formats.room_values import part_to_dict
from roomread.joining.reports import ReportSample
from roomread.room.session import Session
from roomread.store.summary import Part

# Identifiers in the form of URLs; they are never requested.
_NAMESPACE = "https://roomread.example/xapi"
_EXTENSIONS = (
    "present",
    "coverage",
    "valence",
    "valence_interval",
    "scores",
    "looking_away",
    "reports",
)


def statements(
    session: Session, parts: Iterable[Part], samples: Sequence[ReportSample] = ()
) -> list[dict[str, Any]]:
    """Return one statement about the whole group for each part of a session between two marks.

    Args:
        session: The session.
        parts: The parts of the session, earliest first.
        samples: The samples of its students' button reports.
    """
    return [
        _statement(session, number, part, part_reports(samples, part.start, part.end))
        for number, part in enumerate(parts)
    ]


def _statement(
    session: Session, number: int, part: Part, reports: dict[str, float] | None
) -> dict[str, Any]:
    values = part_to_dict(part) | {"reports": reports}
    lesson = f"{_NAMESPACE}/session/{session.id}"
    return {
        # The id is derived from the part, so that exporting twice does not duplicate statements.
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{lesson}/{number}/{part.start}")),
        "actor": {
            "objectType": "Group",
            "name": session.name,
            "account": {"homePage": _NAMESPACE, "name": session.id},
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
                f"{_NAMESPACE}/{name}": values[name]
                for name in _EXTENSIONS
                if values[name] is not None
            },
        },
        "timestamp": (session.started_at + timedelta(seconds=part.start)).isoformat(),
    }
