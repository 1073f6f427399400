from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from starlette.testclient import TestClient

from api_client import client_of
from recorded_classes import class_with_people
from roomread.api import session_files
from roomread.errors import MissingExtraError
from roomread.room import RoomMood
from roomread.services import exporting
from roomread.services.accounts import ALL_SCOPES, Principal
from roomread.services.capacity import ConcurrencyLimiter
from roomread.services.shares import SharedSlots
from roomread.store import OwnerStore
from roomread.store.pieces import Piece
from roomread.testing.fakes import temporary_store

ANNA, BEN = (Principal(f"user:{name}", ALL_SCOPES) for name in ("anna", "ben"))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[SimpleNamespace]:
    with temporary_store() as store:
        yield SimpleNamespace(
            store=store,
            settings=SimpleNamespace(data=tmp_path),
            exports=SharedSlots(1, share=1.0, what="exports that are being sent"),
            figures_limiter=ConcurrencyLimiter(running=1, waiting=1, what="session reports"),
        )


@pytest.fixture
def anna(context: SimpleNamespace) -> TestClient:
    return client_of(session_files.router, context, ANNA)


@pytest.fixture
def owned(context: SimpleNamespace) -> OwnerStore:
    owned: OwnerStore = context.store.owned_by(ANNA.id)
    return owned


@pytest.fixture
def session_id(owned: OwnerStore) -> str:
    """Return the id of a session with three moods of eight people."""
    session = owned.create("Algebra <7b>")
    scores = np.full(7, 1 / 7)
    moods = [RoomMood(float(n), 8, 8, scores) for n in range(3)]
    owned.append(session.id, [Piece(1, 0.0, moods=moods)])
    owned.end(session.id)
    return session.id


def export_url(session_id: str) -> str:
    return f"/api/v1/sessions/{session_id}/export"


def problem(response: Any) -> tuple[int, str]:
    """Return the status and the kind of a refusal."""
    return response.status_code, response.json()["type"].removeprefix("urn:roomread:problem:")


def test_session_is_exported_as_csv_by_default(anna: TestClient, session_id: str) -> None:
    answer = anna.get(export_url(session_id))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["time"], row["present"]) for row in rows] == [
        *(("0.0", "8"), ("1.0", "8"), ("2.0", "8"))
    ]


@pytest.mark.parametrize(
    ("form", "kind", "begin"),
    [
        ("json", "application/json", b"{"),
        ("xapi", "application/json", b"["),
        ("parquet", "application/vnd.apache.parquet", b"PAR1"),
    ],
)
def test_session_is_exported_in_the_requested_format(
    anna: TestClient, session_id: str, form: str, kind: str, begin: bytes
) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="needs the parquet extra")
    answer = anna.get(export_url(session_id), params={"format": form})
    assert answer.headers["content-type"] == kind
    assert answer.content.startswith(begin)


def test_export_file_is_deleted_and_its_concurrency_slot_released_after_sending(
    anna: TestClient, context: SimpleNamespace, session_id: str
) -> None:
    for _ in range(2):
        assert anna.get(export_url(session_id)).status_code == 200
    assert list(session_files.exports_folder(context.settings).iterdir()) == []


def test_export_is_refused_as_busy_if_exports_of_other_users_reach_the_limit(
    anna: TestClient, context: SimpleNamespace, session_id: str
) -> None:
    with context.exports.slot(BEN.id):
        answer = anna.get(export_url(session_id))
    assert problem(answer) == (503, "busy")
    assert answer.headers["retry-after"]
    assert not session_files.exports_folder(context.settings).exists()
    assert anna.get(export_url(session_id)).status_code == 200


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"people": True}, (409, "keeps-no-people")),
        ({"people": True, "format": "json"}, (422, "not-valid")),
        ({"format": "xml"}, (422, "not-valid")),
    ],
)
def test_failed_export_leaves_no_file_and_releases_its_concurrency_slot(
    anna: TestClient,
    context: SimpleNamespace,
    session_id: str,
    params: dict[str, Any],
    refusal: tuple[int, str],
) -> None:
    assert problem(anna.get(export_url(session_id), params=params)) == refusal
    folder = session_files.exports_folder(context.settings)
    assert list(folder.glob("*")) == []
    # Taking the only slot would fail if it were still held.
    with context.exports.slot(BEN.id):
        pass


def test_readings_of_people_are_exported_if_the_session_keeps_them(
    anna: TestClient, owned: OwnerStore
) -> None:
    session = class_with_people(owned)
    text = anna.get(export_url(session.id), params={"people": True}).text
    assert {row["seat"] for row in csv.DictReader(io.StringIO(text))} == set("12345678")


@pytest.mark.parametrize("file", ["export", "report"])
def test_files_of_another_user_are_not_found(
    context: SimpleNamespace, session_id: str, file: str
) -> None:
    ben = client_of(session_files.router, context, BEN)
    for each in (session_id, "00000000"):
        answer = ben.get(f"/api/v1/sessions/{each}/{file}")
        assert problem(answer) == (404, "no-such-session")
    assert list(session_files.exports_folder(context.settings).glob("*")) == []


def test_report_is_a_page_in_the_language_of_the_browser(anna: TestClient, session_id: str) -> None:
    url = f"/api/v1/sessions/{session_id}/report"
    english = anna.get(url)
    assert english.headers["content-type"] == "text/html; charset=utf-8"
    assert "Algebra &lt;7b&gt;" in english.text
    assert '<html lang="en"' in english.text
    assert '<html lang="de"' in anna.get(url, headers={"Accept-Language": "de"}).text


def test_pdf_report_is_printed_from_the_html_report(
    anna: TestClient, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_page(page: str) -> bytes:
        assert "Algebra &lt;7b&gt;" in page
        return b"%PDF-"

    monkeypatch.setattr(exporting, "print_page", print_page)
    answer = anna.get(f"/api/v1/sessions/{session_id}/report", params={"format": "pdf"})
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", b"%PDF-")


def test_pdf_report_is_refused_if_the_pdf_extra_is_not_installed(
    anna: TestClient, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_page(_page: str) -> bytes:
        raise MissingExtraError("a PDF", extra="pdf")

    monkeypatch.setattr(exporting, "print_page", print_page)
    answer = anna.get(f"/api/v1/sessions/{session_id}/report", params={"format": "pdf"})
    assert problem(answer) == (422, "not-available")
