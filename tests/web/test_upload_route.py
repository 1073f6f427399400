from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from roomread.services.engine import USER_HEADER
from roomread.web.upload_route import UploadRoute
from roomread.web.uploaded_files import UploadedFiles

TOKEN = generate_xsrf_token_string()
HEADERS = {"X-Xsrftoken": TOKEN, USER_HEADER: "anna"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the app")(scope, receive, send)


@pytest.fixture
def files() -> Iterator[UploadedFiles]:
    made = UploadedFiles(principal_mb=100, all_mb=100)
    yield made
    made.close()


@pytest.fixture
def client(files: UploadedFiles) -> TestClient:
    route = UploadRoute(app, files, max_mb=50)
    return TestClient(route, cookies={XSRF_COOKIE_NAME: TOKEN})


@pytest.fixture
def address(files: UploadedFiles) -> str:
    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    files.serve(manager)
    return manager.get_upload_urls("page", ["a.mp4"])[0].upload_url


def sent(content: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("a.mp4", content, "video/mp4")}


def test_upload_is_stored_for_its_page_and_its_user(
    client: TestClient, files: UploadedFiles, address: str
) -> None:
    answer = client.put(address, files=sent(b"a video"), headers=HEADERS)
    assert (answer.status_code, answer.content) == (204, b"")
    (record,) = files.get_files("page", [address.rpartition("/")[2]])
    assert (record.name, record.type, record.data) == ("a.mp4", "video/mp4", b"a video")
    assert files.size("anna") == len(b"a video")


def test_large_upload_is_never_wholly_in_memory(
    files: UploadedFiles, address: str, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    with large.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + 40_000_000)
        file.seek(0, 2)
        file.write(b"\r\n--x--\r\n")

    def pieces() -> Iterator[bytes]:
        with large.open("rb") as file:
            while piece := file.read(250_000):
                yield piece

    async def receive_in_pieces(scope: Scope, _receive: Receive, send: Send) -> None:
        content = pieces()

        async def receive() -> dict[str, object]:
            piece = next(content, b"")
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}

        await UploadRoute(app, files, max_mb=50)(scope, receive, send)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    cookies = {XSRF_COOKIE_NAME: TOKEN}
    tracemalloc.start()
    answer = TestClient(receive_in_pieces, cookies=cookies).put(address, headers=HEADERS | kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, files.size("anna")) == (204, 40_000_000)
    assert peak < 15_000_000


def test_upload_that_no_open_page_expects_is_refused(
    client: TestClient, files: UploadedFiles, address: str
) -> None:
    file_id = address.rpartition("/")[2]
    for invented in ("page/invented", f"other/{file_id}", "page", "", f"page/{file_id}/x"):
        answer = client.put(f"/_stcore/upload_file/{invented}", files=sent(b"a"), headers=HEADERS)
        assert answer.status_code == 404
    files.remove_session_files("page")
    assert client.put(address, files=sent(b"a"), headers=HEADERS).status_code == 404
    assert files.size() == 0


@pytest.mark.parametrize("token", [None, "", "0|invented"])
def test_upload_without_a_valid_xsrf_token_is_refused(
    client: TestClient, files: UploadedFiles, address: str, token: str | None
) -> None:
    headers = {} if token is None else {"X-Xsrftoken": token}
    assert client.put(address, files=sent(b"a"), headers=headers).status_code == 403
    assert files.size() == 0


def test_body_without_exactly_one_file_is_refused(client: TestClient, address: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for body, headers in (
        (b"a", {}),
        (b"a", kind),
        (b"--x--\r\n", kind),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--x--\r\n', kind),
    ):
        assert client.put(address, content=body, headers=HEADERS | headers).status_code == 400
    part = b'--x\r\nContent-Disposition: form-data; name="\xff"; filename="a"\r\n\r\na\r\n--x--\r\n'
    undecodable = {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"}
    assert client.put(address, content=part, headers=HEADERS | undecodable).status_code == 400
    many = [("file", ("a.mp4", b"a", "video/mp4"))] * 1000
    assert client.put(address, files=many, headers=HEADERS).status_code == 400


def test_too_large_file_is_refused(files: UploadedFiles, address: str) -> None:
    small = TestClient(UploadRoute(app, files, max_mb=1), cookies={XSRF_COOKIE_NAME: TOKEN})
    answer = small.put(address, files=sent(bytes(1_000_001)), headers=HEADERS)
    assert (answer.status_code, answer.text) == (413, "the file is larger than 1 MB")
    assert files.size() == 0


def test_requests_other_than_uploads_are_passed_to_the_app(
    client: TestClient, address: str
) -> None:
    assert client.delete(address).text == client.put("/elsewhere").text == "the app"
