"""Receive uploads instead of Streamlit's own route, which would read the files into memory."""

from __future__ import annotations

import os
from urllib.parse import unquote

from anyio import to_thread
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from roomread.services.engine import USER_HEADER
from roomread.web.uploaded_files import UploadedFiles

_UPLOADS = "/_stcore/upload_file/"


class UploadRoute:
    """ASGI middleware that receives uploads and passes all other requests to the app.

    An upload that no open page expects is refused before it is read. The middleware that sets
    `USER_HEADER` must come before this one.

    Args:
        app: The web app.
        uploads: The store of uploaded files.
        max_mb: Maximum size of a file, MB.
    """

    def __init__(self, app: ASGIApp, uploads: UploadedFiles, *, max_mb: int) -> None:
        self._app, self._uploads, self._max_bytes = app, uploads, max_mb * 1_000_000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        is_request = scope["type"] == "http" and scope["method"] == "PUT"
        path = unquote(scope["path"]) if is_request else ""
        if not path.startswith(_UPLOADS):
            await self._app(scope, receive, send)
            return
        page, _, file_id = path.removeprefix(_UPLOADS).partition("/")
        try:
            await self._keep(Request(scope, receive), page, file_id)
            answer = Response(status_code=204)
        except HTTPException as refused:
            answer = PlainTextResponse(refused.detail, refused.status_code)
        await answer(scope, receive, send)

    async def _keep(self, request: Request, page: str, file_id: str) -> None:
        """Store the file that a request uploads.

        Raises:
            HTTPException: The upload is refused.
        """
        if not self._uploads.awaits(page, file_id):
            raise HTTPException(404, "no open page expects this file: choose it again")
        token = request.headers.get("X-Xsrftoken")
        if not validate_xsrf_token(token, request.cookies.get(XSRF_COOKIE_NAME)):
            raise HTTPException(403, "the XSRF token is missing or invalid: reload the page")
        try:
            # Files of over a megabyte are spooled to disk.
            async with request.form(max_files=1, max_fields=0) as form:
                sent = [value for value in form.values() if isinstance(value, UploadFile)]
                if len(sent) != 1:
                    raise HTTPException(400, "the request does not contain a file")
                await to_thread.run_sync(self._store, request, page, file_id, sent[0])
        except (MultiPartException, UnicodeError) as error:
            raise HTTPException(400, "the form cannot be parsed") from error

    def _store(self, request: Request, page: str, file_id: str, sent: UploadFile) -> None:
        size = sent.file.seek(0, os.SEEK_END)
        sent.file.seek(0)
        if size > self._max_bytes:
            raise HTTPException(413, f"the file is larger than {self._max_bytes // 1_000_000} MB")
        kind = sent.content_type or "application/octet-stream"
        record = UploadedFileRec(file_id, sent.filename or "", kind, b"")
        who = Headers(scope=request.scope).get(USER_HEADER, "")
        self._uploads.keep(page, record, sent.file, size, who)
