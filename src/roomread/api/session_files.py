"""`/api/v1/sessions/{session_id}/export` and `/report`: download a session."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from roomread.api.browser_pages import translator_of
from roomread.api.context import Context, Reader
from roomread.api.logs import audit
from roomread.api.problems import responses
from roomread.api.session_access import figures_in_turn, find_session
from roomread.api.streams import TemporaryFileResponse
from roomread.formats.session_formats import ReportFormat, SessionFormat
from roomread.services import exporting
from roomread.settings.environment import Settings

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


@router.get(
    "/{session_id}/export",
    summary="Export a session",
    response_class=FileResponse,
    responses={
        200: {
            "description": "CSV and Parquet contain a row for each moment, JSON the whole session, "
            "and xAPI a statement for each part.",
            "content": {
                "text/csv": {},
                "application/json": {},
                "application/vnd.apache.parquet": {},
            },
        },
        **responses(404, 409, 422),
    },
)
async def export(
    context: Context,
    reader: Reader,
    session_id: str,
    *,
    form: Annotated[
        SessionFormat, Query(alias="format", description="The file's format.")
    ] = SessionFormat.CSV,
    people: Annotated[
        bool,
        Query(description="Export each person's readings; only as CSV or Parquet."),
    ] = False,
) -> Response:
    """Return a session as a file."""
    folder = exports_folder(context.settings)

    def work() -> Path:
        store, session = find_session(context, reader, session_id)
        return exporting.export_to_folder(store, session.id, form, folder, people=people)

    with ExitStack() as held:
        # Hold the slot until the response is sent, because the file uses disk space until then.
        held.enter_context(context.exports.slot(reader.id))
        path = await figures_in_turn(context, work)
        audit("session read", who=reader.id, session=session_id, people=people)
        kept = held.pop_all()
    kind = exporting.MEDIA_TYPES[form]
    return TemporaryFileResponse(path, media_type=kind, release=kept.close)


@router.get(
    "/{session_id}/report",
    summary="Report on a session",
    response_class=HTMLResponse,
    responses={
        200: {
            "description": "One HTML page, or the same as PDF.",
            "content": {"text/html": {}, "application/pdf": {}},
        },
        **responses(404, 422),
    },
)
async def report(
    request: Request,
    context: Context,
    reader: Reader,
    session_id: str,
    *,
    form: Annotated[
        ReportFormat,
        Query(alias="format", description="PDF needs the service's extra `pdf`."),
    ] = ReportFormat.HTML,
) -> Response:
    """Return the report on a session as one HTML page or as PDF.

    Its language is that of the query parameter `lang`, else of the language cookie, else of the
    header `Accept-Language`.
    """
    words = translator_of(request)

    def work() -> bytes:
        store, session = find_session(context, reader, session_id)
        return exporting.report_bytes(store, session.id, form, words=words)

    content = await figures_in_turn(context, work)
    audit("session read", who=reader.id, session=session_id, people=False)
    return Response(content, media_type=exporting.REPORT_TYPES[form])


def exports_folder(settings: Settings) -> Path:
    """Return the folder in which exports are stored until they are sent."""
    return settings.data / "exports"
