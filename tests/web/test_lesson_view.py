from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path

from fake_page import FakePage
from recorded_classes import record_class
from roomread.joining.reports import ReportCounts, ReportSample
from roomread.store import Mark, OwnerStore, Store
from roomread.web import lesson_view as module
from roomread.web.lesson_view import lesson_view


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(everything: Store, monkeypatch: pytest.MonkeyPatch) -> OwnerStore:
    monkeypatch.setattr(module, "st", FakePage())
    return everything.owned_by("user:1")


def test_lesson_without_moods_has_no_charts(store: OwnerStore) -> None:
    view = lesson_view(store, store.create("Algebra 7b"))
    assert (view.charts, view.narrow, view.expected) == ([], "", None)


def test_view_is_computed_again_only_when_the_lesson_has_changed(
    everything: Store, store: OwnerStore
) -> None:
    session = store.create("Algebra 7b")
    record_class(store, session, people=6)
    session = store.session(session.id)
    first = lesson_view(store, session)
    assert lesson_view(store, session) is first
    assert [chart.title for chart in first.charts] == [
        "Valence of the room",
        "Expressions",
        "People who could be read",
    ]
    store.mark(session.id, [Mark(10.0, "group work")])
    marked = lesson_view(store, session)
    assert marked is not first
    assert marked.narrow.startswith("<svg")
    everything.rooms.add_reports(session.id, [ReportSample(5.0, 6, 6, ReportCounts(lost=2), 2)])
    pressed = lesson_view(store, session)
    assert pressed.charts[-1].title == "What students pressed"
    assert [report.people for report in pressed.reports] == [6]
