"""Implement the tools for language models: read pictures, and report on the user's sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from roomread.errors import MediaError
from roomread.formats.answer import answer, describe, named_stretches, not_why
from roomread.formats.figures import last_shown_mood, session_figures
from roomread.formats.room_values import alert_to_dict, change_to_dict, mood_to_dict, part_to_dict
from roomread.media.files import is_file
from roomread.pipeline import Analyzer
from roomread.services.pictures import EncodedPicture, PictureDecoder, analyze_picture
from roomread.store import OwnerStore, Session
from roomread.wire import FrameReadings, frame_to_dict


class Tools:
    """The tools for language models, which call the same services as the command line and the API.

    The results contain no names of people, and those about sessions no data of individual people.

    Args:
        analyzer: Reads pictures.
        decoder: Decodes pictures.
        store: The sessions of the computer's user.
        max_picture_mb: The maximum size of a picture, MB.
    """

    def __init__(
        self, analyzer: Analyzer, decoder: PictureDecoder, store: OwnerStore, *, max_picture_mb: int
    ) -> None:
        self._analyzer, self._decoder, self._store = analyzer, decoder, store
        self._max_picture_mb = max_picture_mb

    def analyze_picture(self, path: str, *, oneself: bool = False) -> dict[str, Any]:
        """Return the faces of a picture, in the format of `roomread analyze --format json`.

        Args:
            path: The path of a file on this computer. URLs are not fetched.
            oneself: Whether the picture shows the user; then only its largest face is read.

        Raises:
            PurposeError: The purpose of this installation does not allow reading the picture.
            MediaError: The file is not a picture, or cannot be read.
        """
        file = Path(path).expanduser()
        picture = EncodedPicture(file.name, self._content(file))
        analyzed = analyze_picture(picture, self._decoder, self._analyzer, oneself=oneself)
        frame = analyzed.frame
        return frame_to_dict(FrameReadings.of(frame, analyzed.readings)) | {
            "notes": list(frame.notes)
        }

    def list_sessions(self) -> dict[str, Any]:
        """Return the recorded sessions, newest first."""
        return {"sessions": [_head(session) for session in self._store.sessions()]}

    def session_mood(self, session_id: str) -> dict[str, Any]:
        """Return the latest mood of a session's room, and the alerts about it that have not ended.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        session = self._store.session(session_id)
        mood = last_shown_mood(self._store, session)
        alerts = self._alerts(session)
        return _head(session) | {
            "mood": mood_to_dict(mood) if mood is not None else None,
            "alerts": [alert for alert in alerts if alert["ended"] is None],
        }

    def session_report(self, session_id: str) -> dict[str, Any]:
        """Return the falls and lasting changes of a session's valence, and its parts and alerts.

        A part is the time between two marks.

        Raises:
            SessionNotFoundError: There is no such session.
        """
        session = self._store.session(session_id)
        figures = session_figures(self._store, session)
        summary = figures.summary
        falls = [describe(each, figures.activity_of(each)) for each in named_stretches(figures)]
        return _head(session) | {
            "answer": f"{answer(figures)} {not_why()}" if falls else answer(figures),
            "falls": falls,
            "parts": [part_to_dict(part) for part in summary.parts],
            "changes": [change_to_dict(change) for change in summary.changes],
            "alerts": self._alerts(session),
        }

    def _alerts(self, session: Session) -> Sequence[dict[str, Any]]:
        """Return the alerts of the room, without those about a person."""
        alerts = [alert for alert in self._store.alerts(session.id) if alert.seat is None]
        return [
            {name: value for name, value in alert_to_dict(alert).items() if name != "seat"}
            for alert in alerts
        ]

    def _content(self, file: Path) -> bytes:
        if not is_file(file):
            raise MediaError(f"{file}: no such file", hint="give the path of a picture")
        try:
            # Check the size before the file is in memory.
            if file.stat().st_size > self._max_picture_mb * 1_000_000:
                problem = f"{file}: is over {self._max_picture_mb} MB"
                raise MediaError(problem, hint="scale it down first")
            return file.read_bytes()
        except OSError as error:
            raise MediaError(f"{file}: cannot be read: {error.strerror}") from error


def _head(session: Session) -> dict[str, Any]:
    return {
        "session": session.id,
        "name": session.name,
        "state": session.state().value,
        "started_at": session.started_at.isoformat(timespec="seconds"),
    }
