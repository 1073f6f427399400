from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from classes import reading, showing
from fake_page import FakePage
from roomread.errors import MediaError
from roomread.fewshot.profile import Observation
from roomread.readings import Expression, Frame
from roomread.services.teaching import PictureCheck
from roomread.web import teach_tiles
from roomread.web.teach_tiles import Tile, add_tiles, forget_tiles, look_at, show_tiles, tiles_of

NEUTRAL, HAPPY = Expression.NEUTRAL, Expression.HAPPY


def seen(expression: Expression | None) -> PictureCheck:
    """Return the check of a picture of one face, which is unreadable if `expression` is None."""
    scores = showing(expression) if expression is not None else None
    features = np.zeros(4, np.float32) if expression is not None else None
    return PictureCheck(1, Observation(reading(1, 0.0, scores), features, None))


def tile(shows: Expression | None, check: PictureCheck | None, name: str = "a.jpg") -> Tile:
    return Tile(name, name, b"", shows, check=check)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(teach_tiles, "st", made)
    return made


@pytest.mark.usefixtures("page")
def test_picture_that_is_added_twice_is_kept_once_per_person_or_state() -> None:
    add_tiles("person", [("a.jpg", b"1"), ("copy of a.jpg", b"1"), ("b.jpg", b"2")], NEUTRAL)
    add_tiles("person", [("again.jpg", b"2")], HAPPY)
    add_tiles("state", [("a.jpg", b"1")], None)
    assert [(each.name, each.expression) for each in tiles_of("person")] == [
        ("a.jpg", NEUTRAL),
        ("b.jpg", NEUTRAL),
    ]
    assert len(tiles_of("state")) == 1
    forget_tiles("person")
    forget_tiles("person")
    assert tiles_of("person") == []
    assert len(tiles_of("state")) == 1


@pytest.mark.parametrize(
    ("shows", "check", "doubtful"),
    [
        (NEUTRAL, seen(HAPPY), True),
        (NEUTRAL, seen(Expression.SAD), False),
        (HAPPY, seen(Expression.FEAR), False),
        (NEUTRAL, None, False),
        (NEUTRAL, PictureCheck(), False),
    ],
)
def test_neutral_picture_is_doubtful_if_it_is_read_as_an_expression_that_is_rare_at_rest(
    shows: Expression, check: PictureCheck | None, *, doubtful: bool
) -> None:
    assert tile(shows, check).is_doubtful is doubtful


def test_bad_picture_does_not_stop_the_other_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(content: bytes, name: str) -> Frame:
        if content == b"bad":
            raise MediaError(f"{name}: is damaged")
        return Frame(np.full((300, 600, 3), 128, np.uint8), 0.0, 0, name)

    monkeypatch.setattr(teach_tiles, "engine", lambda: SimpleNamespace(frame=decode))
    monkeypatch.setattr(teach_tiles, "check_reference", lambda *_: seen(HAPPY))
    tiles = [Tile("1", "a.jpg", b"bad", None), Tile("2", "b.jpg", b"good", None)]
    analyzer: Any = object()
    look_at(tiles, analyzer)
    bad, good = tiles
    assert bad.check == PictureCheck(problem="a.jpg: is damaged")
    assert (bad.thumbnail, good.content) == (b"", b"")
    with Image.open(io.BytesIO(good.thumbnail)) as small:
        assert small.size == (200, 100)
    assert good.check is not None
    assert good.check.is_good


@pytest.mark.parametrize(
    ("shows", "check", "text"),
    [
        (None, None, "not examined yet"),
        (None, PictureCheck(faces=2), ":material/close: 2 faces were found"),
        (None, seen(None), ":material/close: unreadable\\: turned away"),
        (None, seen(HAPPY), ":material/check: read as happy 90% so far"),
        (HAPPY, seen(HAPPY), ":material/check: happy: already read correctly"),
        (HAPPY, seen(NEUTRAL), ":material/check: happy, read as neutral 90% so far"),
        (NEUTRAL, seen(HAPPY), "read as happy 90%: does it show a resting face?"),
    ],
)
def test_tile_shows_whether_a_picture_can_be_used_and_why(
    page: FakePage, shows: Expression | None, check: PictureCheck | None, text: str
) -> None:
    teach_tiles._show_tile("person", tile(shows, check))
    assert page.texts("markdown") == [text]


def test_good_pictures_and_confirmed_doubtful_pictures_are_returned(
    page: FakePage,
) -> None:
    tiles_of("person").extend(
        [
            tile(NEUTRAL, seen(NEUTRAL), "good.jpg"),
            tile(NEUTRAL, seen(HAPPY), "doubtful.jpg"),
            tile(NEUTRAL, PictureCheck(faces=2), "two.jpg"),
            tile(NEUTRAL, None, "new.jpg"),
        ]
    )
    assert [each.name for each in show_tiles("person")] == ["good.jpg"]
    page.answers = {"Yes, it is resting": True}
    chosen = show_tiles("person")
    assert [(each.name, each.expression) for each in chosen] == [
        ("good.jpg", NEUTRAL),
        ("doubtful.jpg", NEUTRAL),
    ]


def test_remove_button_removes_its_picture(page: FakePage) -> None:
    add_tiles("state", [("a.jpg", b"1"), ("b.jpg", b"2")], None)
    show_tiles("state")
    first = next(each for each in page.drawn if each.text == "Remove a\\.jpg")
    first.options["on_click"](*first.options["args"])
    assert [each.name for each in tiles_of("state")] == ["b.jpg"]
