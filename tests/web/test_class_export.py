from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path

from fake_page import FakePage, RerunError
from roomread.errors import RoomreadError
from roomread.store import OwnerStore, Store
from roomread.web import class_export
from roomread.web.class_export import show_export


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


def drawn(
    monkeypatch: pytest.MonkeyPatch, store: OwnerStore, *pressed: str, no_pdf: str = ""
) -> FakePage:
    """Draw the buttons of a new lesson, with some of them pressed."""
    page = FakePage(dict.fromkeys(pressed, True))
    monkeypatch.setattr(class_export, "st", page)
    monkeypatch.setattr(
        class_export, "why_no_pdf", lambda: RoomreadError(no_pdf) if no_pdf else None
    )
    show_export(store, store.create("Algebra 7b"))
    return page


def test_report_is_created_only_when_it_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, store: OwnerStore
) -> None:
    page = drawn(monkeypatch, store)
    assert page.texts("download_button") == ["Report", "Report (PDF)", "CSV", "JSON"]
    report = page.element("Report")
    (make,) = report.values
    assert b"Algebra 7b" in make()
    assert report.options["mime"].startswith("text/html")
    (session,) = store.sessions()
    assert report.options["file_name"] == f"{session.id}.html"


def test_pdf_button_is_disabled_with_the_reason_if_no_pdf_can_be_made(
    monkeypatch: pytest.MonkeyPatch, store: OwnerStore
) -> None:
    page = drawn(monkeypatch, store, no_pdf="no Chromium was found")
    assert page.element("Report (PDF)").options["disabled"]
    assert not page.element("Report").options["disabled"]
    assert page.texts("caption") == ["no Chromium was found"]
    assert not drawn(monkeypatch, store).element("Report (PDF)").options["disabled"]


def test_delete_button_deletes_the_lesson_and_shows_the_list_of_lessons(
    monkeypatch: pytest.MonkeyPatch, store: OwnerStore
) -> None:
    gone: list[str] = []

    def leave(**shown: str) -> None:
        assert shown == {}
        raise RerunError

    def delete(_: OwnerStore, ids: list[str]) -> None:
        gone.extend(ids)

    monkeypatch.setattr(class_export, "go_to", leave)
    monkeypatch.setattr(class_export, "delete_lessons", delete)
    with pytest.raises(RerunError):
        drawn(monkeypatch, store, "Delete permanently")
    assert gone == [session.id for session in store.sessions()]
