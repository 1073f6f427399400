from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from roomread.web import uploaded_files
from roomread.web.uploaded_files import UploadedFiles, UploadGate


@pytest.fixture
def files() -> Iterator[UploadedFiles]:
    made = UploadedFiles(principal_mb=2, all_mb=3)
    yield made
    made.close()


def upload(files: UploadedFiles, principal: str, page: str, file_id: str, *, mb: float) -> None:
    token = uploaded_files._principal.set(principal)
    try:
        files.add_file(page, UploadedFileRec(file_id, "a.mp4", "video/mp4", bytes(int(mb * 1e6))))
    finally:
        uploaded_files._principal.reset(token)


def stored(files: UploadedFiles) -> int:
    return sum(path.stat().st_size for path in Path(files._folder.name).iterdir())


def test_uploaded_file_is_kept_on_disk_and_returned_unchanged(files: UploadedFiles) -> None:
    sent = UploadedFileRec("1", "me.jpg", "image/jpeg", b"a picture")
    files.add_file("page", sent)
    assert files.get_files("page", ["1", "unknown"]) == [sent]
    assert files.get_files("another page", ["1"]) == []
    assert stored(files) == len(b"a picture")


def test_uploads_under_invented_ids_count_towards_the_quota_of_the_principal(
    files: UploadedFiles,
) -> None:
    for number in range(2):
        upload(files, "eve", f"page {number}", f"invented {number}", mb=1)
    with pytest.raises(HTTPException) as refused:
        upload(files, "eve", "page 3", "invented 3", mb=1)
    assert (refused.value.status_code, stored(files)) == (413, 2_000_000)
    # Another principal still has room; the space of all is bounded too.
    upload(files, "anna", "her page", "1", mb=1)
    with pytest.raises(HTTPException) as refused:
        upload(files, "ben", "his page", "1", mb=1)
    assert refused.value.status_code == 507


def test_file_that_is_sent_again_replaces_the_first(files: UploadedFiles) -> None:
    for _ in range(5):
        upload(files, "anna", "page", "1", mb=1.5)
    assert stored(files) == files.size("anna") == 1_500_000


def test_space_is_free_again_when_the_page_is_closed(files: UploadedFiles) -> None:
    manager = MemoryUploadedFileManager("/upload")
    files.serve(manager)
    upload(files, "anna", "page", "1", mb=1)
    upload(files, "anna", "page", "2", mb=1)
    manager.remove_file("page", "1")
    assert stored(files) == files.size() == 1_000_000
    manager.remove_session_files("page")
    assert stored(files) == files.size() == 0
    assert manager.get_files("page", ["2"]) == []


def test_upload_that_no_page_asked_for_is_refused_before_it_is_read(files: UploadedFiles) -> None:
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    files.serve(manager)
    (awaited,) = manager.get_upload_urls("page", ["a.mp4"])
    passed, statuses = [], []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append((scope["method"], scope["path"]))

    async def unread() -> Message:
        raise AssertionError("the body was read")

    async def note(message: Message) -> None:
        statuses.append(message.get("status"))

    def request(method: str, path: str) -> None:
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        asyncio.run(UploadGate(app, files)(scope, unread, note))

    request("PUT", awaited.upload_url)
    request("DELETE", awaited.upload_url)
    for invented in ("page/invented", f"other/{awaited.file_id}", "page", ""):
        request("PUT", f"/_stcore/upload_file/{invented}")
    assert passed == [("PUT", awaited.upload_url), ("DELETE", awaited.upload_url)]
    assert statuses == [404, None] * 4
    manager.remove_session_files("page")
    request("PUT", awaited.upload_url)
    assert len(passed) == 2


def test_number_of_upload_ids_per_page_is_limited(files: UploadedFiles) -> None:
    files.await_files("page", map(str, range(1500)))
    assert not files.awaits("page", "499")
    assert files.awaits("page", "500")
