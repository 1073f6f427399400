from __future__ import annotations

import numpy as np
import pytest

from roomread.readings import Expression
from roomread.room import RoomMood
from roomread.store.pieces import Piece
from roomread.web.messages import plain

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Iterator
from pathlib import Path

from fake_page import FakePage
from roomread.errors import DatabaseError
from roomread.settings.environment import Settings
from roomread.store import OwnerStore, Store
from roomread.web import home


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnerStore]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened.owned_by("user:1")
    opened.close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, store: OwnerStore) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(home, "st", made)
    monkeypatch.setattr(home, "may_record", lambda: True)
    monkeypatch.setattr(home, "visitor_sessions", lambda: store)
    monkeypatch.setattr(home, "show_svg", lambda svg, **_: made.html(svg))
    return made


def test_visitor_who_may_not_record_is_offered_no_lesson(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "may_record", lambda: False)
    home.show()
    assert page.texts("button") == ["An example photo", "My webcam", "Photos and videos"]
    assert page.element("An example photo").options["type"] == "primary"
    assert page.texts("link_button") == []


def test_new_installation_has_no_recent_lessons(page: FakePage) -> None:
    home.show()
    assert "Recent lessons" not in page.texts("subheader")
    assert page.element("The demo class").options["type"] == "primary"
    assert page.element("An example photo").options["type"] == "secondary"


def test_five_lessons_are_listed_newest_first_with_their_summary(
    page: FakePage, store: OwnerStore
) -> None:
    for number in range(7):
        store.create(f"lesson {number}")
    home.show()
    names = [each.text for each in page.drawn if each.options.get("help") == "Open the lesson"]
    assert names == [f"lesson {number}" for number in (6, 5, 4, 3, 2)]
    empty = plain("Nothing was recorded: a mood needs at least three frames.")
    assert page.texts("write").count(empty) == 5


def moods(times: range, share: float) -> list[RoomMood]:
    """Return the moods of a class in which the fraction `share` of the people smiles."""
    scores = np.zeros(len(Expression))
    scores[Expression.HAPPY], scores[Expression.NEUTRAL] = share, 1 - share
    return [RoomMood(float(time), 26, 26, scores, 0.7) for time in times]


def test_summary_of_a_lesson_changes_with_moods_that_are_stored_later(
    page: FakePage, store: OwnerStore
) -> None:
    session = store.create("Algebra 7b")
    store.append(session.id, [Piece(1, 0.0, moods=moods(range(0, 600, 2), 0.7))])
    home.show()
    store.append(session.id, [Piece(2, 600.0, moods=moods(range(600, 1200, 2), 0.1))])
    home.show()
    answers = page.texts("write")
    assert answers.count(plain("No lasting fall of the valence was found.")) == 1
    assert answers[-1] == plain("The class was less positive than before from 10:00 to 19:58.")


@pytest.mark.parametrize(
    ("pressed", "place"),
    [
        ("My webcam", ("watch", {})),
        ("Photos and videos", ("files", {})),
        ("A lesson", ("lessons", {})),
        ("An example photo", ("files", {"example": "1"})),
    ],
)
def test_button_opens_its_page(
    page: FakePage,
    monkeypatch: pytest.MonkeyPatch,
    pressed: str,
    place: tuple[str, dict[str, str]],
) -> None:
    opened: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(home, "switch_to", lambda name, **shown: opened.append((name, shown)))
    page.answers = {pressed: True}
    home.show()
    assert opened == [place]


def test_rest_of_the_page_is_shown_if_the_database_fails(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> OwnerStore:
        raise DatabaseError("/secret/place.db: is locked")

    monkeypatch.setattr(home, "visitor_sessions", fail)
    monkeypatch.setattr(home, "load_settings", lambda: Settings(local_files=False))
    home.show()
    (error,) = page.texts("error")
    assert "secret" not in error
    assert "My webcam" in page.texts("button")
