"""The part of the client that is about sessions."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from roomread.client import answers
from roomread.client.answers import IngestResult, RoomFigure, RoomMark, RoomPerson, RoomSession
from roomread.client.connection import Connection, ServiceError

# Frames in one request; thirty faces are 18 kB.
_AT_ONCE = 100
_PAUSE = 2.0


class Sessions:
    """The asker's own sessions; an attribute of `Client`.

    Args:
        connection: to the service.
    """

    def __init__(self, connection: Connection) -> None:
        self._ask = connection.ask

    def create(self, name: str, *, consent: str = "", rules: str | None = None) -> RoomSession:
        """Begins a session to be filled with readings.

        Args:
            name: for people.
            consent: who consented, and how: then each person's readings are kept too.
            rules: of attention; None for the usual ones.

        Raises:
            ServiceError: there is no answer, or it is a problem; so do all methods.
        """
        asked = {"name": name, "consent": consent, "rules": rules}
        return answers.session(self._ask("POST", "sessions", json=asked).json())

    def all(self) -> list[RoomSession]:
        """All of them, the newest first."""
        found = self._ask("GET", "sessions").json()["sessions"]
        return [answers.session(each) for each in found]

    def get(self, session_id: str) -> RoomSession:
        """One of them."""
        return answers.session(self._ask("GET", f"sessions/{session_id}").json())

    def send(
        self, session_id: str, frames: Iterable[dict[str, Any]], *, patience: float = 60.0
    ) -> IngestResult:
        """Sends readings, and again where no answer came; nothing is written twice.

        Args:
            session_id: the session's id.
            frames: `{"time": …, "faces": […]}` as the service answers them, in the order of times.
            patience: seconds for which a request is sent again while the service is away or busy.
        """
        accepted = repeated = 0
        mood: RoomFigure | None = None
        waiting = iter(frames)
        while batch := list(itertools.islice(waiting, _AT_ONCE)):
            said = self._send(session_id, batch, patience)
            accepted, repeated = accepted + said.accepted, repeated + said.repeated
            mood = said.mood
        return IngestResult(accepted, repeated, mood)

    def _send(self, session_id: str, batch: list[dict[str, Any]], patience: float) -> IngestResult:
        deadline = time.monotonic() + patience
        while True:
            try:
                answer = self._ask("POST", f"sessions/{session_id}/readings", json=batch)
            except ServiceError as error:
                pause = error.retry_after or _PAUSE
                again = error.status in (None, 429, 503)
                if not again or time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
            else:
                return answers.ingest_result(answer.json())

    def mood(self, session_id: str) -> RoomFigure | None:
        """The newest figure; None until there is one."""
        found = self._ask("GET", f"sessions/{session_id}/mood").json()["mood"]
        return answers.figure(found) if found is not None else None

    def timeline(self, session_id: str, *, since: float = 0.0) -> Iterator[RoomFigure]:
        """All figures from `since` (s) on, about one a second."""
        following: float | None = since
        while following is not None:
            params = {"since": following}
            page = self._ask("GET", f"sessions/{session_id}/timeline", params=params).json()
            yield from map(answers.figure, page["moods"])
            following = page["next"]

    def marks(self, session_id: str) -> list[RoomMark]:
        """What began when."""
        found = self._ask("GET", f"sessions/{session_id}/marks").json()["marks"]
        return [RoomMark(**each) for each in found]

    def mark(self, session_id: str, label: str, *, at: float | None = None) -> RoomMark:
        """Marks what begins `at` a moment (s), or now where the session runs."""
        asked = {"label": label, "time": at}
        return RoomMark(**self._ask("POST", f"sessions/{session_id}/marks", json=asked).json())

    def unmark(self, session_id: str, mark: RoomMark) -> None:
        """Takes a mark away."""
        params = {"time": mark.time, "label": mark.label}
        self._ask("DELETE", f"sessions/{session_id}/marks", params=params)

    def alerts(self, session_id: str) -> list[dict[str, Any]]:
        """Which rules of attention held: number, time, ended, seat, rule, reason, certainty."""
        found: list[dict[str, Any]] = self._ask("GET", f"sessions/{session_id}/alerts").json()[
            "alerts"
        ]
        return found

    def export(
        self,
        session_id: str,
        target: str | Path,
        *,
        form: Literal["csv", "json", "parquet", "xapi"] = "csv",
        people: bool = False,
    ) -> None:
        """Writes a session to a file; `people` for a row a person's reading."""
        params = {"format": form, "people": str(people).lower()}
        answer = self._ask("GET", f"sessions/{session_id}/export", params=params)
        Path(target).write_bytes(answer.content)

    def report(self, session_id: str) -> str:
        """A session on one HTML page."""
        return self._ask("GET", f"sessions/{session_id}/report").text

    def end(self, session_id: str) -> RoomSession:
        """Says that no more readings will come."""
        return answers.session(self._ask("POST", f"sessions/{session_id}/end").json())

    def people(self, session_id: str) -> list[RoomPerson]:
        """Those who were enrolled, by seat."""
        found = self._ask("GET", f"sessions/{session_id}/people").json()["people"]
        return [answers.person(each) for each in found]

    def enrol(self, session_id: str, seat: int, name: str, *, consent: str) -> RoomPerson:
        """Gives a seat of a session that keeps people a name, with that person's consent."""
        asked = {"name": name, "consent": consent}
        return answers.person(
            self._ask("PUT", f"sessions/{session_id}/seats/{seat}", json=asked).json()
        )

    def forget_seat(self, session_id: str, seat: int) -> None:
        """Deletes all that an ended session keeps of one person."""
        self._ask("DELETE", f"sessions/{session_id}/seats/{seat}")

    def delete(self, session_id: str) -> None:
        """Deletes a session for good."""
        self._ask("DELETE", f"sessions/{session_id}")
