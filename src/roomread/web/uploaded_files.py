"""Store the files that visitors upload on disk, within quotas, until their page is closed."""

from __future__ import annotations

import io
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import (
    UploadedFile,
    UploadedFileRec,
    UploadFileUrlInfo,
)

from roomread.errors import OutputError
from roomread.services.contents import write_content

_MB = 1_000_000
_TOO_LARGE, _NO_SPACE = 413, 507
# Maximum size of a file that is passed to a page in memory, bytes. It is enough for most pictures.
_IN_MEMORY = 8_000_000
# Maximum number of uploads that one page may announce; older ones are forgotten.
_MOST_AWAITED = 1000

# The service's store of uploaded files, if there is one. Streamlit cannot pass arguments to pages.
_served: list[UploadedFiles] = []


@dataclass(frozen=True, slots=True)
class _StoredFile:
    """An uploaded file on disk.

    Attributes:
        record: Streamlit's record of the file, without its content.
        path: The file with its content.
        size: The size of the content, bytes.
        principal: The id of the user who uploaded the file; empty if it is not known.
    """

    record: UploadedFileRec
    path: Path
    size: int
    principal: str


class UploadedFiles:
    """A store of the files that visitors upload, in a temporary folder and not in memory.

    The class has the methods of Streamlit's manager of uploaded files. A `session_id` is the id of
    an open page in Streamlit. A principal is a user, either signed in or this computer's own user.

    Args:
        principal_mb: Maximum size of all files of one principal together, MB.
        all_mb: Maximum size of all files together, MB.
    """

    def __init__(self, *, principal_mb: int, all_mb: int) -> None:
        self._principal_mb, self._all_mb = principal_mb, all_mb
        self._folder = tempfile.TemporaryDirectory(prefix="roomread-uploads-")
        self._files: dict[str, dict[str, _StoredFile]] = {}
        # The ids of the announced files by page, oldest first.
        self._awaited: dict[str, OrderedDict[str, None]] = {}
        self._arriving: dict[Path, tuple[str, int]] = {}
        self._number = 0
        self._lock = threading.Lock()

    def serve(self, manager: MemoryUploadedFileManager) -> None:
        """Make Streamlit use this store for uploaded files."""
        addresses = manager.get_upload_urls

        def get_upload_urls(session_id: str, file_names: Sequence[str]) -> list[UploadFileUrlInfo]:
            made = addresses(session_id, file_names)
            self.await_files(session_id, [each.file_id for each in made])
            return made

        _served[:] = [self]
        for name in ("get_files", "add_file", "remove_file", "remove_session_files"):
            setattr(manager, name, getattr(self, name))
        manager.get_upload_urls = get_upload_urls  # type: ignore[method-assign]

    def await_files(self, session_id: str, file_ids: Iterable[str]) -> None:
        """Register the ids of files that the visitor of a page chose and is about to upload."""
        with self._lock:
            awaited = self._awaited.setdefault(session_id, OrderedDict())
            awaited.update(dict.fromkeys(file_ids))
            while len(awaited) > _MOST_AWAITED:
                awaited.popitem(last=False)

    def awaits(self, session_id: str, file_id: str) -> bool:
        """Return whether an open page has announced the upload of a file."""
        with self._lock:
            return file_id in self._awaited.get(session_id, ())

    def size(self, principal: str | None = None) -> int:
        """Return the total size in bytes of one user's files, or of all files for None."""
        with self._lock:
            return self._size(principal)

    def get_files(self, session_id: str, file_ids: Sequence[str]) -> list[UploadedFileRec]:
        """Return those of the requested files of a page that exist.

        Streamlit calls this each time it draws the page, so the content of a large file is left
        empty. `open_upload` opens files of any size.
        """
        with self._lock:
            known = self._files.get(session_id, {})
            found = [known[file_id] for file_id in file_ids if file_id in known]
            return [
                file.record._replace(data=file.path.read_bytes())
                if file.size <= _IN_MEMORY
                else file.record
                for file in found
            ]

    def path_of(self, file_id: str) -> Path | None:
        """Return the path of a file; None if there is no such file."""
        with self._lock:
            pages = [page for page in self._files.values() if file_id in page]
            return pages[0][file_id].path if pages else None

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Store a file of a page; an earlier file with the same id is replaced.

        Raises:
            HTTPException: The file exceeds a quota, or cannot be written.
        """
        record = file._replace(data=b"")
        self.keep(session_id, record, io.BytesIO(file.data), len(file.data), "")

    def keep(
        self, session_id: str, record: UploadedFileRec, content: IO[bytes], size: int, who: str
    ) -> None:
        """Store a file of a page; an earlier file with the same id is replaced.

        Args:
            session_id: The id of the page.
            record: Streamlit's record of the file, without its content.
            content: The content of the file.
            size: The size of the content, bytes.
            who: The id of the user who uploads the file; empty if it is not known.

        Raises:
            HTTPException: The file exceeds a quota, or cannot be written.
        """
        with self._lock:
            self._remove(session_id, [record.file_id])
            if self._size(who) + size > self._principal_mb * _MB:
                limit = f"the uploads of one visitor are limited to {self._principal_mb} MB"
                raise HTTPException(_TOO_LARGE, f"{limit}: remove files, or close other pages")
            if self._size(None) + size > self._all_mb * _MB:
                problem = "the uploads of all visitors fill the available space: try again later"
                raise HTTPException(_NO_SPACE, problem)
            self._number += 1
            path = Path(self._folder.name) / str(self._number)
            # Reserve the space before the file is copied, which may take a while.
            self._arriving[path] = (who, size)
        stored: _StoredFile | None = None
        try:
            write_content(content, path)
            stored = _StoredFile(record, path, size, who)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise HTTPException(_NO_SPACE, "the upload cannot be written to the disk") from error
        finally:
            with self._lock:
                del self._arriving[path]
                if stored is not None:
                    self._remove(session_id, [record.file_id])
                    self._files.setdefault(session_id, {})[record.file_id] = stored

    def remove_file(self, session_id: str, file_id: str) -> None:
        """Delete one file of a page; a no-op if there is no such file."""
        with self._lock:
            self._remove(session_id, [file_id])

    def remove_session_files(self, session_id: str) -> None:
        """Delete all files of a page that was closed."""
        with self._lock:
            self._awaited.pop(session_id, None)
            self._remove(session_id, list(self._files.get(session_id, {})))

    def close(self) -> None:
        """Delete all files."""
        if self in _served:
            _served.remove(self)
        self._folder.cleanup()

    def _size(self, principal: str | None) -> int:
        stored = [file for page in self._files.values() for file in page.values()]
        sizes = [*self._arriving.values(), *((file.principal, file.size) for file in stored)]
        return sum(size for holder, size in sizes if principal in (None, holder))

    def _remove(self, session_id: str, file_ids: Sequence[str]) -> None:
        page = self._files.get(session_id, {})
        for file_id in file_ids:
            file = page.pop(file_id, None)
            if file is not None:
                file.path.unlink(missing_ok=True)
        if not page:
            self._files.pop(session_id, None)


def open_upload(upload: UploadedFile) -> IO[bytes]:
    """Open a file that a page's uploader returned, from disk if the file is stored on disk.

    Raises:
        OutputError: The file was deleted meanwhile.
    """
    if not _served:
        return io.BytesIO(upload.getvalue())
    path = _served[0].path_of(upload.file_id)
    try:
        if path is not None:
            return path.open("rb")
    except OSError as error:
        raise _gone(upload) from error
    # The content of a small file is also in memory.
    if content := upload.getvalue():
        return io.BytesIO(content)
    raise _gone(upload)


def _gone(upload: UploadedFile) -> OutputError:
    return OutputError(f"{upload.name}: is no longer stored", hint="upload it again")


def read_upload(upload: UploadedFile) -> bytes:
    """Return the content of a file that a page's uploader returned.

    Raises:
        OutputError: The file was deleted meanwhile.
    """
    with open_upload(upload) as content:
        return content.read()
