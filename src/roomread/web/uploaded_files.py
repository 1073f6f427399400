"""Keep the files that visitors upload on disk, within quotas, until their page is closed."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec, UploadFileUrlInfo

from roomread.services.engine import USER_HEADER

UPLOADS = "/_stcore/upload_file/"
_MB = 1_000_000
_NOT_FOUND, _TOO_LARGE, _NO_SPACE = 404, 413, 507
# Uploads of one page that may be awaited; a page asks for the addresses of the files chosen.
_MOST_AWAITED = 1000
# Who sends the request that this task answers.
_principal: ContextVar[str] = ContextVar("principal", default="")


@dataclass(frozen=True, slots=True)
class _StoredFile:
    """One file on disk.

    Attributes:
        record: Streamlit's record of the file, without its content.
        path: The file with its content.
        size: The size of the content, bytes.
        principal: The principal that uploaded it.
    """

    record: UploadedFileRec
    path: Path
    size: int
    principal: str


class UploadedFiles:
    """Keeps the files of all pages in a temporary folder, in place of Streamlit's memory.

    Args:
        principal_mb: The size of all files of one principal, MB.
        all_mb: The size of all files, MB.
    """

    def __init__(self, *, principal_mb: int, all_mb: int) -> None:
        self._principal_mb, self._all_mb = principal_mb, all_mb
        self._folder = tempfile.TemporaryDirectory(prefix="roomread-uploads-")
        self._files: dict[str, dict[str, _StoredFile]] = {}
        # By page, oldest first.
        self._awaited: dict[str, OrderedDict[str, None]] = {}
        self._number = 0
        self._lock = threading.Lock()

    def serve(self, manager: MemoryUploadedFileManager) -> None:
        """Replace Streamlit's store of uploaded files by this one."""
        addresses = manager.get_upload_urls

        def get_upload_urls(session_id: str, file_names: Sequence[str]) -> list[UploadFileUrlInfo]:
            made = addresses(session_id, file_names)
            self.await_files(session_id, [each.file_id for each in made])
            return made

        for name in ("get_files", "add_file", "remove_file", "remove_session_files"):
            setattr(manager, name, getattr(self, name))
        manager.get_upload_urls = get_upload_urls  # type: ignore[method-assign]

    def await_files(self, session_id: str, file_ids: Iterable[str]) -> None:
        """Note the ids that a page was given for the files that its visitor chose."""
        with self._lock:
            awaited = self._awaited.setdefault(session_id, OrderedDict())
            awaited.update(dict.fromkeys(file_ids))
            while len(awaited) > _MOST_AWAITED:
                awaited.popitem(last=False)

    def awaits(self, session_id: str, file_id: str) -> bool:
        """Return whether an id was given to a page, which is still open."""
        with self._lock:
            return file_id in self._awaited.get(session_id, ())

    def size(self, principal: str | None = None) -> int:
        """Return the size of the files of a principal, or of all, bytes."""
        with self._lock:
            return self._size(principal)

    def get_files(self, session_id: str, file_ids: Sequence[str]) -> list[UploadedFileRec]:
        """Return the files of a page that exist, with their content."""
        with self._lock:
            known = self._files.get(session_id, {})
            found = [known[file_id] for file_id in file_ids if file_id in known]
            return [file.record._replace(data=file.path.read_bytes()) for file in found]

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file of a page; an earlier file with the same id is replaced.

        Raises:
            HTTPException: The file exceeds a quota, or the disk is full.
        """
        principal, size = _principal.get(), len(file.data)
        with self._lock:
            self._remove(session_id, [file.file_id])
            if self._size(principal) + size > self._principal_mb * _MB:
                problem = f"your uploads take over {self._principal_mb} MB: close other pages"
                raise HTTPException(_TOO_LARGE, problem)
            if self._size(None) + size > self._all_mb * _MB:
                raise HTTPException(_NO_SPACE, "the uploads of all visitors use all the space")
            self._number += 1
            path = Path(self._folder.name) / str(self._number)
            try:
                path.write_bytes(file.data)
            except OSError as error:
                path.unlink(missing_ok=True)
                raise HTTPException(_NO_SPACE, "the disk has no space for this upload") from error
            stored = _StoredFile(file._replace(data=b""), path, size, principal)
            self._files.setdefault(session_id, {})[file.file_id] = stored

    def remove_file(self, session_id: str, file_id: str) -> None:
        """Delete one file of a page; a no-op if there is none."""
        with self._lock:
            self._remove(session_id, [file_id])

    def remove_session_files(self, session_id: str) -> None:
        """Delete the files of a page that was closed."""
        with self._lock:
            self._awaited.pop(session_id, None)
            self._remove(session_id, list(self._files.get(session_id, {})))

    def close(self) -> None:
        """Delete all files."""
        self._folder.cleanup()

    def _size(self, principal: str | None) -> int:
        files = [file for page in self._files.values() for file in page.values()]
        return sum(f.size for f in files if principal is None or f.principal == principal)

    def _remove(self, session_id: str, file_ids: Sequence[str]) -> None:
        page = self._files.get(session_id, {})
        for file_id in file_ids:
            file = page.pop(file_id, None)
            if file is not None:
                file.path.unlink(missing_ok=True)
        if not page:
            self._files.pop(session_id, None)


class UploadGate:
    """Tell `UploadedFiles` which principal sends an upload, and refuse what no page has asked for.

    Streamlit reads an upload into memory before it asks whether it may be kept.

    Args:
        app: The web app, behind the middleware that sets `USER_HEADER`.
        uploads: The files of its pages.
    """

    def __init__(self, app: ASGIApp, uploads: UploadedFiles) -> None:
        self._app, self._uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http" and (path := unquote(scope["path"])).startswith(UPLOADS):
            _principal.set(Headers(scope=scope).get(USER_HEADER, ""))
            session_id, _, file_id = path.removeprefix(UPLOADS).partition("/")
            if scope["method"] == "PUT" and not self._uploads.awaits(session_id, file_id):
                refused = PlainTextResponse("no page awaits this file", _NOT_FOUND)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
