"""Parse the JSON responses of the service into the types of the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from roomread.fewshot import LeaveOneOutResult
from roomread.formats.room_values import alert_from_dict, mood_from_dict
from roomread.readings import Expression
from roomread.room import Alert, Person, RoomMood, Session
from roomread.services.profile_summary import ProfileSummary

_ENDED = frozenset({"finished", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class VideoStatus:
    """The progress of a video that the service reads in the background.

    Attributes:
        id: the id of the video, for the client's methods.
        state: "waiting", "reading", "finished", "cancelled" or "failed".
        seconds: the time up to which it has been read, s.
        duration: duration of the video, s; None if the file does not state it.
        error: why the video was not read to its end; empty if there was no error.
        notes: sentences about parts of the file that are not read, such as further video tracks.
    """

    id: str
    state: str
    seconds: float
    duration: float | None
    error: str
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the service has stopped reading the video, for whatever reason."""
        return self.state in _ENDED


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of sending the readings of frames to a session.

    Attributes:
        accepted: number of new frames, which were written.
        repeated: number of frames that the session already contained.
        mood: the latest mood of the room; None while no mood is known.
        alerts: the session's alerts that have not ended.
    """

    accepted: int
    repeated: int
    mood: RoomMood | None
    alerts: list[Alert] = field(default_factory=list)


def video_status(answer: Mapping[str, Any]) -> VideoStatus:
    """Parse the status of one video."""
    return VideoStatus(**_chosen(VideoStatus, answer) | {"notes": tuple(answer.get("notes", ()))})


def session(answer: Mapping[str, Any]) -> Session:
    """Parse one session."""
    times = ("started_at", "updated_at", "ended_at", "notice_at")
    given = {name: answer[name] for name in times}
    values = _chosen(Session, answer) | {
        **{name: datetime.fromisoformat(text) if text else None for name, text in given.items()},
        "rules": "\n".join(answer["rules"]),
    }
    return Session(**values)


def person(answer: Mapping[str, Any]) -> Person:
    """Parse one enrolled person."""
    consented_at = datetime.fromisoformat(answer["consented_at"])
    return Person(**_chosen(Person, answer) | {"consented_at": consented_at})


def send_result(answer: Mapping[str, Any]) -> SendResult:
    """Parse the result of sending frames."""
    mood = answer["mood"]
    return SendResult(
        accepted=answer["accepted"],
        repeated=answer["repeated"],
        mood=mood_from_dict(mood) if mood is not None else None,
        alerts=[alert_from_dict(alert) for alert in answer["alerts"]],
    )


def profile_summary(answer: Mapping[str, Any]) -> ProfileSummary:
    """Parse the summary of one profile."""
    return ProfileSummary(**_chosen(ProfileSummary, answer))


def leave_one_out(answer: Mapping[str, Any]) -> LeaveOneOutResult:
    """Parse the evaluation of a profile on the pictures it was taught with."""
    values = _chosen(LeaveOneOutResult, answer)
    return LeaveOneOutResult(
        **values | {"usual_expression": Expression[answer["usual_expression"].upper()]}
    )


def _chosen(kind: Any, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return those entries of a JSON object whose names are fields of the dataclass `kind`."""
    return {each.name: answer[each.name] for each in fields(kind) if each.name in answer}
