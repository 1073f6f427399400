"""Export a session as a file of moods or readings, or as a report."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from roomread.errors import SessionError
from roomread.formats.pdf import print_page
from roomread.formats.session_export import export
from roomread.formats.session_formats import ReportFormat, SessionFormat
from roomread.formats.session_report import session_report
from roomread.locales import ENGLISH, Translator
from roomread.services.preferences import load_preferences
from roomread.store import OwnerStore, Session

MEDIA_TYPES = {
    SessionFormat.CSV: "text/csv; charset=utf-8",
    SessionFormat.PARQUET: "application/vnd.apache.parquet",
    SessionFormat.JSON: "application/json",
    SessionFormat.XAPI: "application/json",
}


REPORT_TYPES = {
    ReportFormat.HTML: "text/html; charset=utf-8",
    ReportFormat.PDF: "application/pdf",
}
_WITH_PEOPLE = (SessionFormat.CSV, SessionFormat.PARQUET)


class PeopleNotKeptError(SessionError):
    """Readings of individual people were requested, but the session contains no such readings."""


class PeopleFormatError(SessionError):
    """Readings of individual people were requested in a format that cannot hold them."""


def export_session(
    store: OwnerStore, session_id: str, form: SessionFormat, path: Path, *, people: bool = False
) -> None:
    """Write a session to a file.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        form: The file's format.
        path: The file, which is overwritten.
        people: Whether to write each person's readings in place of the room's moods.

    Raises:
        SessionNotFoundError: The owner has no such session.
        PeopleFormatError: The format cannot hold readings of individual people.
        PeopleNotKeptError: The session contains no readings of individual people.
        MissingExtraError: The format is Parquet, and its extra is not installed.
    """
    session = store.session(session_id)
    if people and form not in _WITH_PEOPLE:
        formats = " and ".join(_WITH_PEOPLE)
        raise PeopleFormatError(f"each person's readings can be exported as {formats} only")
    if people and not session.keeps_people:
        raise PeopleNotKeptError(f"session {session_id} has no readings of individual people")
    export(store, session_id, form, path, people=people)


def export_to_folder(
    store: OwnerStore, session_id: str, form: SessionFormat, folder: Path, *, people: bool = False
) -> Path:
    """Write a session to a new file in a folder, which the caller deletes after use.

    Args:
        store: The sessions of the owner.
        session_id: The full id of the session.
        form: The file's format.
        folder: The folder; if it does not exist, it is created with access for this user only.
        people: Whether to write each person's readings in place of the room's moods.

    Raises:
        SessionError: See `export_session`; no file is left then.
        MissingExtraError: The format is Parquet, and its extra is not installed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        export_session(store, session_id, form, path, people=people)
    except BaseException:
        path.unlink()
        raise
    return path


def export_bytes(store: OwnerStore, session_id: str, form: SessionFormat) -> bytes:
    """Return a session's moods as the content of a file.

    Raises:
        SessionNotFoundError: The owner has no such session.
        MissingExtraError: The format is Parquet, and its extra is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="roomread-") as folder:
        return export_to_folder(store, session_id, form, Path(folder)).read_bytes()


def export_archive(
    store: OwnerStore, session_ids: Sequence[str], *, words: Translator = ENGLISH
) -> bytes:
    """Return the reports and moods of several sessions as a ZIP file with one folder per session.

    Args:
        store: The sessions of the owner.
        session_ids: The ids of the sessions.
        words: The translator for the language of the reports.

    Raises:
        SessionNotFoundError: The owner has no such session.
        PreferencesError: The owner's preferences cannot be read.
    """
    class_size = load_preferences(store).class_size
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for session_id in session_ids:
            session = store.session(session_id)
            page = session_report(store, session_id, class_size=class_size, words=words)
            archive.writestr(f"{session_id}/report.html", page)
            for form in (SessionFormat.CSV, SessionFormat.JSON):
                content = export_bytes(store, session_id, form)
                archive.writestr(f"{session_id}/{file_name(session, form)}", content)
    return file.getvalue()


def report(store: OwnerStore, session_id: str, *, words: Translator = ENGLISH) -> str:
    """Return a session's report as one HTML page.

    The expected number of people is the class size in the owner's preferences.

    Args:
        store: The sessions of the owner.
        session_id: The id of the session.
        words: The translator for the language of the reader.

    Raises:
        SessionNotFoundError: The owner has no such session.
        PreferencesError: The owner's preferences cannot be read.
    """
    class_size = load_preferences(store).class_size
    return session_report(store, session_id, class_size=class_size, words=words)


def report_bytes(
    store: OwnerStore, session_id: str, form: ReportFormat, *, words: Translator = ENGLISH
) -> bytes:
    """Return a session's report as the content of a file.

    Args:
        store: The sessions of the owner.
        session_id: The id of the session.
        form: HTML or PDF.
        words: The translator for the language of the reader.

    Raises:
        SessionNotFoundError: The owner has no such session.
        PreferencesError: The owner's preferences cannot be read.
        MissingExtraError: The format is PDF, and its extra is not installed.
        MissingLibraryError: The format is PDF, and the library Pango is not installed.
    """
    page = report(store, session_id, words=words)
    return print_page(page) if form is ReportFormat.PDF else page.encode()


def file_name(session: Session, form: SessionFormat) -> str:
    """Return the file name of a downloaded export, such as "0a1b2c3d.xapi.json"."""
    return f"{session.id}.{'xapi.json' if form is SessionFormat.XAPI else form.value}"
