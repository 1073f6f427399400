from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from starlette.exceptions import HTTPException
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from roomread.errors import OutputError
from roomread.web import uploaded_files
from roomread.web.uploaded_files import UploadedFiles, open_upload, read_upload


@pytest.fixture
def files() -> Iterator[UploadedFiles]:
    made = UploadedFiles(principal_mb=2, all_mb=3)
    yield made
    made.close()


def upload(files: UploadedFiles, principal: str, page: str, file_id: str, *, mb: float) -> None:
    record, content = UploadedFileRec(file_id, "a.mp4", "video/mp4", b""), bytes(int(mb * 1e6))
    files.keep(page, record, io.BytesIO(content), len(content), principal)


def stored(files: UploadedFiles) -> int:
    return sum(path.stat().st_size for path in Path(files._folder.name).iterdir())


def test_uploaded_file_is_kept_on_disk_and_returned_unchanged(files: UploadedFiles) -> None:
    sent = UploadedFileRec("1", "me.jpg", "image/jpeg", b"a picture")
    files.add_file("page", sent)
    assert files.get_files("page", ["1", "unknown"]) == [sent]
    assert files.get_files("another page", ["1"]) == []
    assert stored(files) == len(b"a picture")


def test_uploads_under_invented_ids_count_towards_the_quota_of_the_user(
    files: UploadedFiles,
) -> None:
    for number in range(2):
        upload(files, "eve", f"page {number}", f"invented {number}", mb=1)
    with pytest.raises(HTTPException) as refused:
        upload(files, "eve", "page 3", "invented 3", mb=1)
    assert (refused.value.status_code, stored(files)) == (413, 2_000_000)
    # Another principal can still upload a file, but the total size is limited too.
    upload(files, "anna", "her page", "1", mb=1)
    with pytest.raises(HTTPException) as refused:
        upload(files, "ben", "his page", "1", mb=1)
    assert refused.value.status_code == 507


def test_file_that_is_uploaded_again_replaces_the_earlier_file(files: UploadedFiles) -> None:
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


def test_large_file_is_opened_on_disk_until_its_page_is_closed(
    files: UploadedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded_files, "_IN_MEMORY", 1000)
    manager = MemoryUploadedFileManager("/upload")
    files.serve(manager)
    upload(files, "anna", "page", "1", mb=1)
    (record,) = manager.get_files("page", ["1"])
    assert record.data == b""
    given = UploadedFile(record, FileURLs())
    with open_upload(given) as content:
        assert content.name.startswith(files._folder.name)
        assert content.read() == bytes(1_000_000)
    path = files.path_of("1")
    assert path is not None
    path.unlink()
    with pytest.raises(OutputError, match=r"a\.mp4: is no longer stored"):
        read_upload(given)
    manager.remove_session_files("page")
    with pytest.raises(OutputError, match=r"a\.mp4: is no longer stored"):
        read_upload(given)
    files.close()
    assert uploaded_files._served == []


def test_upload_of_an_app_without_the_service_is_in_memory() -> None:
    given = UploadedFile(UploadedFileRec("1", "a.mp4", "video/mp4", b"a video"), FileURLs())
    assert read_upload(given) == read_upload(given) == b"a video"


def test_space_of_a_file_is_reserved_while_it_is_copied(files: UploadedFiles) -> None:
    class Slow(io.BytesIO):
        def read(self, *_: object) -> bytes:
            with pytest.raises(HTTPException):
                upload(files, "eve", "page", "2", mb=1.5)
            return b""

    record = UploadedFileRec("1", "a.mp4", "video/mp4", b"")
    files.keep("page", record, Slow(), 1_500_000, "eve")


def test_number_of_announced_uploads_per_page_is_limited(files: UploadedFiles) -> None:
    files.await_files("page", map(str, range(1500)))
    assert not files.awaits("page", "499")
    assert files.awaits("page", "500")


def test_file_whose_copy_fails_is_not_kept(
    files: UploadedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_content: object, path: Path) -> None:
        path.write_bytes(b"a half")
        raise ValueError

    monkeypatch.setattr(uploaded_files, "write_content", fail)
    with pytest.raises(ValueError):  # noqa: PT011 (any error other than OSError)
        upload(files, "anna", "page", "1", mb=1)
    assert files.size() == 0
    assert files.get_files("page", ["1"]) == []
