"""The explanation of a face's label on the page Photos and videos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from streamlit.testing.v1 import AppTest

from roomread.media import read_image
from roomread.pipeline.explanation import Explanation
from roomread.readings import Frame
from roomread.services.pictures import explain_face
from roomread.services.purpose import PurposeError
from roomread.web import explained_face

LABEL = "What led to this label"


class FakeDecoder:
    """A fake engine, which decodes pictures in this process."""

    def frame(self, content: bytes, name: str, *, index: int = 0) -> Frame:
        return Frame(read_image(content), 0.0, index, name)


@contextmanager
def at_once(_holder: str) -> Iterator[None]:
    yield


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read pictures in this process, without the engine of the app."""
    monkeypatch.setattr(explained_face, "engine", FakeDecoder)
    monkeypatch.setattr(explained_face, "turn", at_once)


def page_of_a_photo() -> None:
    import streamlit as st  # noqa: PLC0415

    from roomread import Analyzer  # noqa: PLC0415
    from roomread.services.pictures import EncodedPicture  # noqa: PLC0415
    from roomread.web.explained_face import offer_explanation  # noqa: PLC0415
    from roomread.web.media_pictures import KeptPicture, example_photo  # noqa: PLC0415

    name, content = example_photo()
    analyzer = st.cache_resource(Analyzer)()
    kept = st.session_state.setdefault("kept", KeptPicture("1", EncodedPicture(name, content)))
    (reading,) = analyzer.analyze(content)
    offer_explanation(kept, reading, analyzer)


def test_explanation_is_computed_only_when_the_button_is_pressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def counted(*args: object, **options: object) -> Explanation | None:
        asked.append(1)
        return explain_face(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(explained_face, "explain_face", counted)
    page = AppTest.from_function(page_of_a_photo, default_timeout=60).run()
    assert not page.exception
    assert asked == []
    (button,) = page.button
    assert button.label == LABEL
    page = button.click().run()
    assert not page.exception
    assert page.button.len == 0
    sentence = page.markdown[-1].value
    assert "“happy” depends most on the lower third of the face" in sentence
    (image,) = page.image
    assert image.proto.imgs[0].alt.startswith("The face in grey: red where hiding a part lowers")
    # When the page is drawn again, the explanation is not computed again.
    page.run()
    assert asked == [1]


def test_explanation_is_in_the_language_of_the_visitor() -> None:
    page = AppTest.from_function(page_of_a_photo, default_timeout=60)
    page.session_state["language"] = "de"
    page = page.run().button[0].click().run()
    assert not page.exception
    assert page.markdown[0].value == "**Was diesen Ausdruck bewirkt hat**"
    assert page.markdown[-1].value.startswith("„Freude“ hängt am meisten vom unteren Drittel")


def test_purpose_is_checked_again_when_the_face_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PurposeError("not allowed here")

    monkeypatch.setattr(explained_face, "explain_face", refused)
    page = AppTest.from_function(page_of_a_photo, default_timeout=60).run()
    page = page.button[0].click().run()
    assert not page.exception
    assert "not allowed here" in page.error[0].value
    # The visitor can try again.
    assert page.button[0].label == LABEL


def page_of_an_unreadable_face() -> None:
    from roomread import Analyzer  # noqa: PLC0415
    from roomread.readings import Box, Quality, Reading  # noqa: PLC0415
    from roomread.services.pictures import EncodedPicture  # noqa: PLC0415
    from roomread.web.explained_face import offer_explanation  # noqa: PLC0415
    from roomread.web.media_pictures import KeptPicture  # noqa: PLC0415

    unreadable = Reading("a", 0.0, 0, Box(0, 0, 9, 9), 0.9, Quality())
    offer_explanation(KeptPicture("1", EncodedPicture("a.jpg", b"")), unreadable, Analyzer())


def test_no_explanation_is_offered_for_an_unreadable_face() -> None:
    page = AppTest.from_function(page_of_an_unreadable_face, default_timeout=60).run()
    assert not page.exception
    assert page.button.len == 0
