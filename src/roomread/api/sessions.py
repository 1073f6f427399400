"""`/api/v1/sessions`: accept readings that were made elsewhere, and return the room's mood."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from roomread.api.context import Context, Reader, Sender
from roomread.api.logs import audit
from roomread.api.problems import responses
from roomread.api.session_access import figures_in_turn, find_session
from roomread.api.session_forwarding import here_or_forwarded
from roomread.api.session_shapes import (
    AlertsShape,
    IngestShape,
    MarkInput,
    MarkShape,
    MarksShape,
    NowShape,
    PeopleShape,
    PersonInput,
    PersonShape,
    ReportShape,
    ReportsShape,
    SessionInput,
    SessionShape,
    SessionsShape,
    SummaryShape,
    TimelineShape,
    Words,
    alert_shape,
    ingest_shape,
    mark_shape,
    mood_shape,
    person_shape,
    session_shape,
    summary_shape,
)
from roomread.formats.figures import last_shown_mood, session_figures, shown_moods
from roomread.formats.json_frames import MAX_FRAMES
from roomread.formats.report_values import report_to_dict
from roomread.services.ingest import INGEST_SOURCE, SCREEN_SOURCE, create_session
from roomread.services.marking import mark_now
from roomread.store import Mark

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])
READINGS_BYTES = 4_000_000
_FACE = {
    "track_id": 1,
    "box": {"left": 180.2, "top": 61.4, "right": 268.9, "bottom": 178.3},
    "scores": {
        "angry": 0.0,
        "disgust": 0.0,
        "fear": 0.0,
        "happy": 0.9,
        "sad": 0.0,
        "surprise": 0.0,
        "neutral": 0.1,
    },
    "unreadable": None,
}


@router.get("", summary="List your sessions", responses=responses(404, 422))
def list_all(
    context: Context,
    reader: Reader,
    *,
    before: Annotated[
        str, Query(description="The id of the session after which the list begins.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of sessions.")] = 1000,
) -> SessionsShape:
    """Return your sessions, newest first, including those recorded in the web app."""
    # Request one more than needed, to know whether more follow.
    found = context.store.owned_by(reader.id).sessions(before=before, limit=limit + 1)
    listed = found[:limit]
    following = listed[-1].id if len(found) > limit else None
    return SessionsShape(sessions=[session_shape(each) for each in listed], next=following)


@router.post(
    "", status_code=HTTPStatus.CREATED, summary="Create a session", responses=responses(413, 422)
)
def create(
    context: Context, sender: Sender, response: Response, asked: SessionInput
) -> SessionShape:
    """Create a session, to which readings are sent afterwards.

    Only the moods of the room are stored; if `consent` is given, each person's readings too.
    """
    session = create_session(
        context.store.owned_by(sender.id),
        context.engine.analyzer,
        asked.name,
        consent=asked.consent,
        notice=asked.notice,
        source=SCREEN_SOURCE if asked.source == "screen" else INGEST_SOURCE,
        rules=asked.rules,
        model=asked.model,
        threshold=asked.threshold,
        embedder=context.live_people.embedder() if asked.identity else None,
    )
    response.headers["Location"] = f"/api/v1/sessions/{session.id}"
    return session_shape(session)


@router.get("/{session_id}", summary="Get a session", responses=responses(404))
async def show(context: Context, reader: Reader, session_id: str) -> SummaryShape:
    """Return a session, its parts (the times between marks), and lasting changes of its valence."""

    def work() -> SummaryShape:
        store, session = find_session(context, reader, session_id)
        summary = session_figures(store, session).summary
        return summary_shape(session, summary.parts, summary.changes)

    return await figures_in_turn(context, work)


@router.post(
    "/{session_id}/end",
    summary="End a session",
    response_model=SessionShape,
    responses=responses(404, 409),
)
async def end(
    request: Request, context: Context, sender: Sender, session_id: str
) -> SessionShape | Response:
    """End a session, which then accepts no more readings. Its data is kept."""

    def work() -> SessionShape:
        store, session = find_session(context, sender, session_id)
        context.ingest.end(store, session)
        context.live_people.forget(session.id)
        audit("session ended", who=sender.id, session=session.id)
        return session_shape(store.session(session.id))

    return await here_or_forwarded(context, request, work)


@router.delete(
    "/{session_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a session",
    responses=responses(404),
)
def delete(context: Context, sender: Sender, session_id: str) -> None:
    """Delete a session with all its data."""
    store, session = find_session(context, sender, session_id)
    store.delete(session.id)
    context.ingest.forget(session.id)
    context.live_people.forget(session.id)
    audit("session deleted", who=sender.id, session=session.id)


@router.delete(
    "/{session_id}/seats/{seat}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Forget a person",
    responses=responses(404, 422),
)
def forget_seat(context: Context, sender: Sender, session_id: str, seat: int) -> None:
    """Delete all data of the person at a seat from an ended session."""
    store, session = find_session(context, sender, session_id)
    store.forget_seat(session.id, seat)
    audit("seat forgotten", who=sender.id, session=session.id)


@router.get("/{session_id}/people", summary="List enrolled people", responses=responses(404))
def people(context: Context, reader: Reader, session_id: str) -> PeopleShape:
    """Return the people enrolled in a session, each with their consent."""
    store, session = find_session(context, reader, session_id)
    return PeopleShape(people=[person_shape(person) for person in store.people(session.id)])


@router.put(
    "/{session_id}/seats/{seat}",
    summary="Enrol a person",
    responses=responses(404, 409, 413, 422),
)
def enrol(
    context: Context, sender: Sender, session_id: str, seat: int, asked: PersonInput
) -> PersonShape:
    """Give a seat the name of a person who consented; an earlier name is replaced."""
    store, session = find_session(context, sender, session_id)
    made = store.enrol(session.id, seat, asked.name, consent=asked.consent)
    audit("seat named", who=sender.id, session=session.id)
    return person_shape(made)


@router.post(
    "/{session_id}/readings",
    summary="Send readings",
    response_model=IngestShape,
    responses=responses(404, 408, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"One frame, or up to {MAX_FRAMES} in order of time.",
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/FrameShape"},
                            {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/FrameShape"},
                                "minItems": 1,
                                "maxItems": MAX_FRAMES,
                            },
                        ]
                    },
                    "example": {"schema_version": 1, "time": 12.5, "faces": [_FACE]},
                }
            },
        }
    },
)
async def send(
    request: Request, context: Context, sender: Sender, session_id: str
) -> IngestShape | Response:
    """Write frames of readings that were made elsewhere, in the format of `/live`.

    The times of a session's frames must increase. A frame that is not later than the last stored
    frame, for example because it is sent twice, counts as repeated and is ignored.
    """
    body = await request.body()

    def work() -> IngestShape:
        store = context.store.owned_by(sender.id)
        return ingest_shape(context.ingest.send(store, session_id, body))

    return await here_or_forwarded(context, request, work, body=body)


@router.get("/{session_id}/mood", summary="Get the latest mood", responses=responses(404))
def mood(context: Context, reader: Reader, session_id: str) -> NowShape:
    """Return the latest mood of the room."""
    store, session = find_session(context, reader, session_id)
    last = last_shown_mood(store, session)
    return NowShape(state=session.state(), mood=mood_shape(last) if last is not None else None)


@router.get(
    "/{session_id}/timeline", summary="Get the moods over time", responses=responses(404, 422)
)
async def timeline(
    context: Context,
    reader: Reader,
    session_id: str,
    *,
    since: Annotated[float, Query(ge=0, le=2_000_000, description="Seconds from the start.")] = 0.0,
    limit: Annotated[int, Query(ge=1, le=5000, description="Maximum number of moods.")] = 3600,
) -> TimelineShape:
    """Return the moods of the room, about one a second."""

    def work() -> TimelineShape:
        store, session = find_session(context, reader, session_id)
        # Request one more than needed, to know whether more follow.
        moods = shown_moods(store, session, since=since, limit=limit + 1)
        following = moods[limit].time if len(moods) > limit else None
        return TimelineShape(moods=[mood_shape(m) for m in moods[:limit]], next=following)

    return await figures_in_turn(context, work)


@router.get("/{session_id}/marks", summary="List marks", responses=responses(404))
def marks(context: Context, reader: Reader, session_id: str) -> MarksShape:
    """Return the marks of a session in order of time."""
    store, session = find_session(context, reader, session_id)
    return MarksShape(marks=[mark_shape(mark) for mark in store.marks(session.id)])


@router.post(
    "/{session_id}/marks",
    status_code=HTTPStatus.CREATED,
    summary="Set a mark",
    responses=responses(404, 409, 413, 422),
)
def mark(context: Context, sender: Sender, session_id: str, asked: MarkInput) -> MarkShape:
    """Set a mark; setting the same mark again is a no-op."""
    store, session = find_session(context, sender, session_id)
    if asked.time is None:
        return mark_shape(mark_now(store, session.id, asked.label))
    made = Mark(asked.time, asked.label)
    store.mark(session.id, [made])
    return mark_shape(made)


@router.delete(
    "/{session_id}/marks",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a mark",
    responses=responses(404, 422),
)
def unmark(
    context: Context,
    sender: Sender,
    session_id: str,
    *,
    time: Annotated[float, Query(ge=0, le=2_000_000, description="The time of the mark, s.")],
    label: Annotated[Words, Query(description="The label of the mark.")],
) -> None:
    """Remove a mark; removing a mark that does not exist is a no-op."""
    store, session = find_session(context, sender, session_id)
    store.unmark(session.id, Mark(time, label))


@router.get("/{session_id}/alerts", summary="List alerts", responses=responses(404))
def alerts(context: Context, reader: Reader, session_id: str) -> AlertsShape:
    """Return the alerts of a session."""
    store, session = find_session(context, reader, session_id)
    return AlertsShape(alerts=[alert_shape(alert) for alert in store.alerts(session.id)])


@router.get("/{session_id}/reports", summary="List button reports", responses=responses(404))
def reports(context: Context, reader: Reader, session_id: str) -> ReportsShape:
    """Return how many students pressed each button, in one sample every five seconds.

    The list is empty if no student joined the session.
    """
    store, session = find_session(context, reader, session_id)
    samples = store.reports(session.id)
    return ReportsShape(reports=[ReportShape(**report_to_dict(sample)) for sample in samples])
