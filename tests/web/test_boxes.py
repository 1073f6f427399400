from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from classes import reading, showing
from roomread.readings import Expression, Frame, Reading
from roomread.services.results import PictureResult
from roomread.web import boxes
from roomread.web.boxes import faces_text, show_faces

HAPPY, HIDDEN = reading(1, 0.0, showing(Expression.HAPPY)), reading(2, 0.0, None)


def shown(
    monkeypatch: pytest.MonkeyPatch, faces: Sequence[Reading], chosen: object = 0
) -> tuple[Reading | None, dict[str, Any]]:
    """Return the chosen face, and the data that is passed to the component."""
    given: dict[str, Any] = {}

    def draw(*, data: dict[str, Any], **_: object) -> SimpleNamespace:
        given.update(data)
        return SimpleNamespace(chosen=chosen)

    monkeypatch.setattr(boxes, "component", lambda *_, **__: draw)
    frame = Frame(np.zeros((40, 60, 3), np.uint8), 0.0, 0, "class.jpg")
    return show_faces(PictureResult(frame, faces, b"JPEG", bytes), key="faces1"), given


@pytest.mark.parametrize(
    ("chosen", "face"), [(0, HAPPY), (1, HIDDEN), (7, HIDDEN), (-1, HAPPY), (None, HAPPY)]
)
def test_chosen_face_exists_even_if_the_browser_sends_an_invalid_index(
    monkeypatch: pytest.MonkeyPatch, chosen: object, face: Reading
) -> None:
    assert shown(monkeypatch, [HAPPY, HIDDEN], chosen)[0] is face


def test_picture_without_faces_has_no_chosen_face(monkeypatch: pytest.MonkeyPatch) -> None:
    face, data = shown(monkeypatch, [], 3)
    assert face is None
    assert data["faces"] == []
    assert data["alt"] == "class.jpg: no face was found"


def test_faces_are_numbered_and_described_with_their_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, data = shown(monkeypatch, [HAPPY, HIDDEN])
    happy, hidden = data["faces"]
    assert happy["text"] == "Face 1: happy 90%"
    assert hidden["text"] == "Face 2: unreadable: turned away"
    assert happy["scores"].startswith("<svg")
    assert hidden["scores"] == ""
    assert happy["box"] == [float(edge) for edge in HAPPY.box]
    assert (data["width"], data["height"]) == (60, 40)
    assert data["picture"] == "data:image/jpeg;base64,SlBFRw=="


def test_number_of_faces_has_the_right_plural() -> None:
    assert [faces_text(n) for n in (0, 1, 2)] == ["no face was found", "1 face", "2 faces"]
