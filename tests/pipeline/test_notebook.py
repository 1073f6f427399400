from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
from PIL import Image

from classes import frame as class_frame
from classes import showing
from roomread import Frame, Readings
from roomread.pipeline.notebook import to_html
from roomread.readings import Expression, Reading, Scores

HAPPY = Expression.HAPPY
PICTURE = Frame(np.full((400, 900, 3), 128, np.uint8), 0.0, 0, "class.jpg")


def people(*shown: Expression | None) -> list[Reading]:
    return class_frame(0.0, dict(enumerate(shown, start=1)))


def with_picture(*shown: Expression | None) -> Readings:
    return Readings(people(*shown), frame=PICTURE)


def test_notebook_shows_picture_and_table() -> None:
    shown = with_picture(HAPPY, None)._repr_html_()
    data = re.search(r'src="data:image/jpeg;base64,([^"]+)"', shown)
    assert data is not None
    with Image.open(io.BytesIO(base64.b64decode(data[1]))) as picture:
        assert picture.size == (900, 400)
    assert "<td>happy</td><td>90%</td>" in shown
    assert "turned away" in shown


def test_notebook_escapes_markup_in_names() -> None:
    frame = Frame(PICTURE.image, 0.0, 0, "<script>alert(1)</script>.jpg")
    shown = Readings(people(HAPPY), frame=frame)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_notebook_table_lists_a_limited_number_of_faces() -> None:
    shown = with_picture(*[HAPPY] * 80)._repr_html_()
    assert shown.count("<td>happy</td>") == 50
    assert "and 30 more" in shown


def test_notebook_says_why_a_face_has_no_expression() -> None:
    unsure = replace(people(HAPPY)[0], scores=Scores(showing(HAPPY, 0.5), threshold=0.9))
    shown = to_html("two faces", [unsure, *people(None)], None)
    assert "<td>unsure</td><td>50%</td>" in shown
    assert "<td>unreadable: turned away</td><td></td>" in shown
    assert "<img" not in shown


def test_notebook_shows_only_the_title_if_there_are_no_readings_and_no_picture() -> None:
    assert to_html("no <face>", [], None) == "<div><p>no &lt;face&gt;</p></div>"


def test_notebook_shows_large_pictures_in_reduced_size() -> None:
    shown = to_html("large", [], np.zeros((1200, 2400, 3), np.uint8))
    data = re.search(r'base64,([^"]+)"', shown)
    assert data is not None
    with Image.open(io.BytesIO(base64.b64decode(data[1]))) as picture:
        assert picture.size == (900, 450)
