"""The client's methods for sessions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from roomread.client import answers
from roomread.client.answers import SendResult
from roomread.client.connection import Connection, ServiceError
from roomread.formats.report_values import report_from_dict
from roomread.formats.room_values import alert_from_dict, mood_from_dict
from roomread.joining.reports import ReportSample
from roomread.room import Alert, Mark, Person, RoomMood, Session
from roomread.wire import FrameReadings, frame_to_dict

# Number of frames in one request; a frame with thirty faces is about 30 kB.
_BATCH = 100
_PAUSE_SECONDS = 2.0


class Sessions:
    """The sessions of the key's owner; an attribute of `Client`.

    Every method raises `ServiceError` if the service refuses the request or does not respond.

    Args:
        connection: the connection to the service.
    """

    def __init__(self, connection: Connection) -> None:
        self._ask, self._sleep = connection.ask, connection.sleep

    def create(
        self, name: str, *, consent: str = "", notice: str = "", rules: str | None = None
    ) -> Session:
        """Create a session, to which readings can be sent.

        Args:
            name: the title for display.
            consent: a text that records who consented and how. If it is given, the readings of
                individual people are stored too.
            notice: how the people were informed that their expressions are read.
            rules: alert rules, one per line; None for the default rules.
        """
        asked = {"name": name, "consent": consent, "notice": notice, "rules": rules}
        return answers.session(self._ask("POST", "sessions", json=asked).json())

    def all(self) -> list[Session]:
        """Return all sessions, the newest first."""
        found: list[Session] = []
        following: str | None = ""
        while following is not None:
            page = self._ask("GET", "sessions", params={"before": following}).json()
            found += map(answers.session, page["sessions"])
            following = page["next"]
        return found

    def get(self, session_id: str) -> Session:
        """Return the session with an id."""
        return answers.session(self._ask("GET", f"sessions/{session_id}").json())

    def send(
        self, session_id: str, frames: Iterable[FrameReadings], *, patience: float = 60.0
    ) -> SendResult:
        """Send readings, and retry requests that get no response; no frame is written twice.

        Args:
            session_id: id of the session.
            frames: frames with track ids, in order of time.
            patience: maximum total time to wait between attempts, seconds, while the service does
                not respond or is busy.
        """
        total = SendResult(0, 0, None)
        waiting = iter(frames)
        while batch := list(itertools.islice(waiting, _BATCH)):
            result = self._send(session_id, batch, patience)
            accepted, repeated = total.accepted + result.accepted, total.repeated + result.repeated
            total = SendResult(accepted, repeated, result.mood, result.alerts)
        return total

    def _send(self, session_id: str, batch: Sequence[FrameReadings], patience: float) -> SendResult:
        content, waited = [frame_to_dict(frame) for frame in batch], 0.0
        while True:
            try:
                answer = self._ask("POST", f"sessions/{session_id}/readings", json=content)
            except ServiceError as error:
                pause = error.retry_after or _PAUSE_SECONDS
                waited += pause
                if error.status not in (None, 429, 503) or waited > patience:
                    raise
                self._sleep(pause)
            else:
                return answers.send_result(answer.json())

    def mood(self, session_id: str) -> RoomMood | None:
        """Return the latest mood (mean expressions) of the room; None while no mood is known."""
        found = self._ask("GET", f"sessions/{session_id}/mood").json()["mood"]
        return mood_from_dict(found) if found is not None else None

    def timeline(self, session_id: str, *, since: float = 0.0) -> Iterator[RoomMood]:
        """Yield the moods of the room, about one a second, in order of time.

        Args:
            session_id: id of the session.
            since: the time of the earliest mood, seconds from the start of the session.
        """
        following: float | None = since
        while following is not None:
            params = {"since": following}
            page = self._ask("GET", f"sessions/{session_id}/timeline", params=params).json()
            yield from map(mood_from_dict, page["moods"])
            following = page["next"]

    def marks(self, session_id: str) -> list[Mark]:
        """Return the marks, which say when slides or activities begin, in order of time."""
        found = self._ask("GET", f"sessions/{session_id}/marks").json()["marks"]
        return [Mark(**each) for each in found]

    def mark(self, session_id: str, label: str, *, at: float | None = None) -> Mark:
        """Add a mark at the moment at which a slide or an activity begins.

        Args:
            session_id: id of the session.
            label: the name of the slide or activity.
            at: seconds from the start of the session; None for now, while it is being recorded.
        """
        asked = {"label": label, "time": at}
        return Mark(**self._ask("POST", f"sessions/{session_id}/marks", json=asked).json())

    def unmark(self, session_id: str, mark: Mark) -> None:
        """Delete a mark."""
        params: dict[str, Any] = {"time": mark.time, "label": mark.label}
        self._ask("DELETE", f"sessions/{session_id}/marks", params=params)

    def alerts(self, session_id: str) -> list[Alert]:
        """Return the alerts in the order in which they were raised."""
        found = self._ask("GET", f"sessions/{session_id}/alerts").json()["alerts"]
        return [alert_from_dict(each) for each in found]

    def reports(self, session_id: str) -> list[ReportSample]:
        """Return how many students of a room pressed each button, in one sample every 5 s.

        Returns:
            The samples, earliest first; empty if no student joined. The counts are None while
            fewer than five people have joined.
        """
        found = self._ask("GET", f"sessions/{session_id}/reports").json()["reports"]
        return [report_from_dict(each) for each in found]

    def export(
        self,
        session_id: str,
        target: str | Path,
        *,
        form: Literal["csv", "json", "parquet", "xapi"] = "csv",
        people: bool = False,
    ) -> None:
        """Write a session to a file.

        Args:
            session_id: id of the session.
            target: the file to write.
            form: the format of the file.
            people: whether to write the readings of individual people, in place of the moods of
                the room; only as CSV or Parquet.
        """
        params = {"format": form, "people": str(people).lower()}
        answer = self._ask("GET", f"sessions/{session_id}/export", params=params)
        Path(target).write_bytes(answer.content)

    def report(self, session_id: str) -> str:
        """Return the report of a session as one HTML page."""
        return self._ask("GET", f"sessions/{session_id}/report").text

    def report_pdf(self, session_id: str) -> bytes:
        """Return the report of a session as PDF, which needs the service's extra `pdf`."""
        params = {"format": "pdf"}
        return self._ask("GET", f"sessions/{session_id}/report", params=params).content

    def end(self, session_id: str) -> Session:
        """End a session, which then accepts no more readings."""
        return answers.session(self._ask("POST", f"sessions/{session_id}/end").json())

    def people(self, session_id: str) -> list[Person]:
        """Return the people whose names were given with `enrol`, in order of their seats."""
        found = self._ask("GET", f"sessions/{session_id}/people").json()["people"]
        return [answers.person(each) for each in found]

    def enrol(self, session_id: str, seat: int, name: str, *, consent: str) -> Person:
        """Record the name and the consent of the person at a seat of a session.

        The session must store the readings of individual people.
        """
        asked = {"name": name, "consent": consent}
        return answers.person(
            self._ask("PUT", f"sessions/{session_id}/seats/{seat}", json=asked).json()
        )

    def forget_seat(self, session_id: str, seat: int) -> None:
        """Delete all data of one person from an ended session."""
        self._ask("DELETE", f"sessions/{session_id}/seats/{seat}")

    def delete(self, session_id: str) -> None:
        """Delete a session for good."""
        self._ask("DELETE", f"sessions/{session_id}")
