from __future__ import annotations

import builtins
import importlib.util
import re
import subprocess
import sys
import zlib
from typing import Any

import pytest

from roomread.errors import MissingExtraError, MissingLibraryError
from roomread.formats import pdf
from roomread.formats.palette import PAGE

# Not imported here, because the import changes Pillow for the whole process; see `_has_pango`.
NEEDS_PDF = pytest.mark.skipif(
    importlib.util.find_spec("weasyprint") is None, reason="needs the pdf extra"
)


@NEEDS_PDF
def test_pdf_contains_the_text_and_charts_of_the_page() -> None:
    chart = f'<svg viewBox="0 0 9 9"><path d="M0,0 H9 V9 Z" fill="#0000ff" stroke="{PAGE}"/></svg>'
    content = pdf.print_page(f"<title>Algebra 7b</title><p>Hello</p>{chart}")
    assert content.startswith(b"%PDF-")
    streams = _streams(content)
    assert b"0 0 1 rg" in streams
    # The line around the area has the colour of the paper, not WeasyPrint's default.
    assert b"1 1 1 RG" in streams


@NEEDS_PDF
def test_printing_a_page_fetches_no_external_resources(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pdf.print_page('<p>Hello</p><img src="file:///etc/hostname">')
    assert "Failed to load image at 'file:///etc/hostname'" in caplog.text


@NEEDS_PDF
def test_writing_a_pdf_does_not_make_truncated_pictures_readable() -> None:
    code = """
import io
from PIL import Image
from roomread.errors import MediaError
from roomread.formats.pdf import print_page
from roomread.media import read_image
content = io.BytesIO()
Image.effect_noise((99, 99), 50).save(content, "PNG")
print_page("<p>Hello</p>")
try:
    read_image(content.getvalue()[:5000])
except MediaError as error:
    print(error.problem)
"""
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert "is damaged" in printed


def test_error_without_weasyprint_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"a report as PDF needs the extra 'pdf' \(pip"):
        pdf.print_page("<p>Hello</p>")


def test_error_without_pango_names_the_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    original = builtins.__import__

    def fail(name: str, *arguments: Any, **others: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libgobject-2.0-0'")
        return original(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", fail)
    pdf._has_pango.cache_clear()
    try:
        with pytest.raises(MissingLibraryError, match="a report as PDF needs the library Pango"):
            pdf.print_page("<p>Hello</p>")
    finally:
        pdf._has_pango.cache_clear()


def _streams(content: bytes) -> bytes:
    """Return the inflated streams of a PDF."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    inflated = []
    for stream in found:
        try:
            inflated.append(zlib.decompress(stream))
        except zlib.error:
            inflated.append(stream)
    return b"\n".join(inflated)
