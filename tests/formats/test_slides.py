from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pptx", reason="needs the slides extra")
pytest.importorskip("pypdf", reason="needs the slides extra")

from lxml import etree
from pptx import Presentation
from pypdf import PdfWriter
from pypdf.generic import FloatObject, NameObject

from roomread.errors import DataError
from roomread.formats.slides import slide_marks
from roomread.room import Mark

_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def make_pptx(slides: Sequence[tuple[str, float | None]]) -> bytes:
    """Return a PPTX of slides with titles and timings, s.

    The timing of every second slide is nested as in newer versions of PowerPoint.
    """
    deck = Presentation()
    for number, (title, seconds) in enumerate(slides):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
        if seconds is not None:
            transition = etree.Element(f"{{{_P}}}transition", advTm=str(round(1000 * seconds)))
            if number % 2:
                outer = etree.Element(f"{{{_MC}}}AlternateContent")
                etree.SubElement(outer, f"{{{_MC}}}Choice", Requires="p14").append(transition)
                transition = outer
            slide.element.append(transition)
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()


def make_pdf(seconds: Sequence[float | None]) -> bytes:
    writer = PdfWriter()
    for each in seconds:
        page = writer.add_blank_page(width=320, height=240)
        if each is not None:
            page[NameObject("/Dur")] = FloatObject(each)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


PPTX = make_pptx([("Leaves", 90.0), ("", 30.5), ("Osmosis:\na law", None)])
PDF = make_pdf([90, 30.5, None])


def test_each_slide_of_a_timed_pptx_becomes_a_mark_at_its_start_time() -> None:
    assert slide_marks(PPTX, name="deck.pptx") == [
        Mark(0.0, "Slide 1: Leaves"),
        Mark(90.0, "Slide 2"),
        Mark(120.5, "Slide 3: Osmosis: a law"),
    ]


def test_each_page_of_a_timed_pdf_becomes_a_mark_at_its_start_time() -> None:
    assert slide_marks(PDF, name="deck.pdf") == [
        Mark(0.0, "Slide 1"),
        Mark(90.0, "Slide 2"),
        Mark(120.5, "Slide 3"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (make_pptx([("a", 1), ("b", None), ("c", None)]), "slide 2 has no timing"),
        (make_pdf([None, 3, 3]), "slide 1 has no timing"),
        (make_pdf([-3, 3, 3]), "slide 1 has no timing"),
        (make_pptx([]), "has no slides"),
        (PPTX[: len(PPTX) // 2], "damaged"),
        (PDF[: len(PDF) // 3], "damaged"),
        (b"PK\x03\x04", "damaged"),
        (b"hello", "not a presentation"),
        (b"", "not a presentation"),
    ],
)
def test_slides_without_timings_and_damaged_files_are_refused(content: bytes, problem: str) -> None:
    with pytest.raises(DataError, match=f"deck: .*{problem}"):
        slide_marks(content, name="deck")


@pytest.mark.parametrize("content", [PPTX, PDF], ids=["pptx", "pdf"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_presentation_with_changed_bytes_is_read_or_refused(
    content: bytes, data: st.DataObject
) -> None:
    changed = bytearray(content)
    places = st.integers(4, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=20)):
        changed[place] = data.draw(st.integers(0, 255))
    try:
        marks = slide_marks(bytes(changed), name="deck")
    except DataError:
        return
    assert all(mark.time >= 0 and mark.label.startswith("Slide ") for mark in marks)
