from __future__ import annotations

import asyncio
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.testclient import TestClient

from api_client import client_of
from fake_queue import FakeQueue
from roomread.api import videos
from roomread.services.accounts import ALL_SCOPES, Principal, Scope
from roomread.store import JobState

ANNA, BEN = (Principal(f"user:{name}", ALL_SCOPES) for name in ("anna", "ben"))
URL = "/api/v1/videos"


@pytest.fixture
def queue(tmp_path: Path) -> FakeQueue:
    return FakeQueue(tmp_path)


def client(queue: FakeQueue, principal: Principal = ANNA) -> TestClient:
    context = SimpleNamespace(engine=SimpleNamespace(job_queue=queue))
    return client_of(videos.router, context, principal)


@pytest.fixture
def anna(queue: FakeQueue) -> TestClient:
    return client(queue)


def submitted(anna: TestClient, name: str = "lesson.mp4") -> str:
    job_id: str = anna.post(URL, params={"name": name}, content=b"a video").json()["id"]
    return job_id


def problem(response: Any) -> tuple[int, str]:
    """Return the status and the kind of a refusal."""
    return response.status_code, response.json()["type"].removeprefix("urn:roomread:problem:")


def test_request_body_is_submitted_as_a_video_whose_name_has_no_folders(
    anna: TestClient, queue: FakeQueue
) -> None:
    params = {"name": "../lessons/algebra.mp4", "annotated": "true"}
    answer = anna.post(URL, params=params, content=b"a video")
    assert answer.status_code == 202
    shape = answer.json()
    assert (shape["name"], shape["annotated"]) == ("algebra.mp4", True)
    assert answer.headers["location"] == f"{URL}/{shape['id']}"
    upload = queue.jobs[shape["id"]].upload
    assert upload is not None
    assert upload.read_bytes() == b"a video"


def test_file_of_a_form_is_submitted_under_its_own_name(anna: TestClient, queue: FakeQueue) -> None:
    answer = anna.post(URL, params={"name": "other.mp4"}, files={"file": ("a.mp4", b"a video")})
    shape = answer.json()
    assert (answer.status_code, shape["name"], shape["annotated"]) == (202, "a.mp4", False)
    upload = queue.jobs[shape["id"]].upload
    assert upload is not None
    assert upload.read_bytes() == b"a video"


def test_form_without_a_file_is_refused(anna: TestClient, queue: FakeQueue) -> None:
    head = {"Content-Type": "multipart/form-data; boundary=line"}
    body = b'--line\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--line--\r\n'
    answer = anna.post(URL, content=body, headers=head)
    assert problem(answer) == (422, "not-valid")
    assert answer.json()["detail"] == "the form has no file"
    assert queue.jobs == {}


def test_empty_video_is_refused_and_not_kept(anna: TestClient, queue: FakeQueue) -> None:
    answer = anna.post(URL, params={"name": "lesson.mp4"}, content=b"")
    assert problem(answer) == (422, "not-valid")
    assert answer.json()["detail"] == "lesson.mp4: is empty"
    assert queue.jobs == {}


def test_video_is_refused_if_the_purpose_forbids_reading_other_people(
    anna: TestClient, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "work-or-school")
    monkeypatch.setenv("ROOMREAD_REGION", "eu")
    assert problem(anna.post(URL, content=b"a video")) == (403, "purpose")
    assert queue.jobs == {}


def test_videos_are_listed_oldest_first_for_their_owner_only(
    anna: TestClient, queue: FakeQueue
) -> None:
    ids = [submitted(anna, name) for name in ("first.mp4", "second.mp4")]
    assert [each["id"] for each in anna.get(URL).json()["videos"]] == ids
    assert client(queue, BEN).get(URL).json() == {"videos": []}


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""),
        ("POST", "/cancel"),
        ("DELETE", ""),
        ("GET", "/readings"),
        ("GET", "/annotated"),
    ],
)
def test_video_of_another_user_is_not_found(
    anna: TestClient, queue: FakeQueue, method: str, suffix: str
) -> None:
    job_id = submitted(anna)
    answer = client(queue, BEN).request(method, f"{URL}/{job_id}{suffix}")
    assert problem(answer) == (404, "no-such-video")
    assert anna.get(f"{URL}/{job_id}").json()["state"] == JobState.WAITING


def test_cancelled_video_stays_available_and_deleted_video_is_not_found(anna: TestClient) -> None:
    url = f"{URL}/{submitted(anna)}"
    assert anna.post(f"{url}/cancel").json()["state"] == JobState.CANCELLED
    assert anna.get(url).status_code == 200
    deleted = anna.delete(url)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert anna.get(url).status_code == 404


def test_results_are_refused_until_the_video_has_been_read(
    anna: TestClient, queue: FakeQueue
) -> None:
    job_id = submitted(anna)
    for result in ("readings", "annotated"):
        assert problem(anna.get(f"{URL}/{job_id}/{result}")) == (409, "not-finished")
    queue.end(job_id)
    for result in ("readings", "annotated"):
        assert problem(anna.get(f"{URL}/{job_id}/{result}")) == (404, "no-such-result")
    assert problem(anna.get(f"{URL}/{job_id}/readings?format=xml")) == (422, "not-valid")


def test_results_whose_files_are_missing_are_reported_as_gone(
    anna: TestClient, queue: FakeQueue
) -> None:
    job_id = submitted(anna)
    job = queue.end(job_id)
    for path in job.folder.iterdir():
        path.unlink()
    job.folder.rmdir()
    assert problem(anna.get(f"{URL}/{job_id}/readings")) == (410, "files-gone")


@pytest.mark.parametrize(
    ("form", "kind", "content"),
    [
        ("json", "application/json", '[{"time":0},\n{"time":1}]\n'),
        ("jsonl", "application/x-ndjson", '{"time":0}\n{"time":1}\n'),
        ("csv", "text/csv; charset=utf-8", "time\n0\n1\n"),
    ],
)
def test_readings_are_returned_in_the_requested_format(
    anna: TestClient, queue: FakeQueue, form: str, kind: str, content: str
) -> None:
    job_id = submitted(anna)
    folder = queue.end(job_id).folder
    (folder / "readings.jsonl").write_text('{"time":0}\n{"time":1}\n')
    (folder / "readings.csv").write_text("time\n0\n1\n")
    answer = anna.get(f"{URL}/{job_id}/readings", params={"format": form})
    assert (answer.headers["content-type"], answer.text) == (kind, content)


def test_requested_range_of_the_annotated_copy_is_returned(
    anna: TestClient, queue: FakeQueue
) -> None:
    job_id = submitted(anna)
    (queue.end(job_id).folder / "annotated.mp4").write_bytes(b"0123456789")
    url = f"{URL}/{job_id}/annotated"
    whole = anna.get(url)
    assert (whole.headers["content-type"], whole.content) == ("video/mp4", b"0123456789")
    part = anna.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert anna.get(url, headers={"Range": "bytes=99-"}).status_code == 416


def test_user_with_only_the_read_scope_cannot_submit_cancel_or_delete_videos(
    anna: TestClient, queue: FakeQueue
) -> None:
    job_id = submitted(anna)
    reader = client(queue, Principal(ANNA.id, frozenset({Scope.READ})))
    assert reader.get(f"{URL}/{job_id}").status_code == 200
    answers = [
        reader.post(URL, content=b"a video"),
        reader.post(f"{URL}/{job_id}/cancel"),
        reader.delete(f"{URL}/{job_id}"),
    ]
    assert [problem(answer) for answer in answers] == [(403, "forbidden")] * 3
    assert list(queue.jobs) == [job_id]


def test_readings_are_streamed_as_one_json_array_and_their_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"

    async def array(lines: str, most: int | None = None) -> str:
        path.write_text(lines)
        pieces = videos.readings_array(path)
        found = [await anext(pieces) for _ in range(most)] if most else [p async for p in pieces]
        await pieces.aclose()
        return "".join(found)

    assert asyncio.run(array('{"a":1}\n{"a":2}\n')) == '[{"a":1},\n{"a":2}]\n'
    assert asyncio.run(array("")) == "[]\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert asyncio.run(array('{"a":1}\n{"a":2}\n', most=1)) == '[{"a":1}'
