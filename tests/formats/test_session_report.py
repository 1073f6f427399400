from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

pytest.importorskip("sqlalchemy", reason="needs the sessions extra")

from classes import lesson
from room_recorder import RoomRecorder
from roomread.formats import pdf
from roomread.formats.session_report import session_report
from roomread.store import Store

DARK = re.compile(
    r"@media screen and \(prefers-color-scheme: dark\) \{\n *:root \{(.*?)\}", re.DOTALL
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the report of five minutes of eight people, who stop smiling in the middle."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('report') / 'sessions.db'}")
    owned = store.owned_by("user:anna")
    session = owned.create("Algebra 7b", keeps_people=True, consent="all eight")
    recorder = RoomRecorder(owned, session)
    for time, readings in lesson(300, people=8, moods=((0.0, 0.8), (150.0, 0.0))):
        recorder.add_readings(time, readings)
    recorder.close()
    yield session_report(owned, session.id)
    store.close()


def test_every_colour_of_the_page_has_a_dark_variant_that_is_not_printed(report: str) -> None:
    styles = "".join(re.findall(r"<style>(.*?)</style>", report, re.DOTALL))
    dark = DARK.search(styles)
    assert dark is not None
    names = set(re.findall(r"(--[a-z-]+):", dark[1]))
    light = styles[styles.index(":root {") : styles.index("}")]
    assert names == set(re.findall(r"(--[a-z-]+): #", light))
    rules = styles.replace(light, "").replace(dark[0], "")
    assert not re.search(r"#[0-9a-f]{3}", rules)
    assert set(re.findall(r"var\((--[a-z-]+)\)", rules)) <= names


def test_charts_and_tables_scroll_inside_the_page_on_a_narrow_screen(report: str) -> None:
    charts = re.findall(r"(<div[^>]*>)<svg", report)
    assert len(charts) == report.count("<svg") >= 4
    assert all('class="scroll"' in chart and "aria-label=" in chart for chart in charts)
    tables = re.findall(
        r'<div class="scroll" tabindex="0" role="group" aria-label="[^"]+"><table', report
    )
    assert report.count("<table") == len(tables) >= 1


def test_pdf_of_a_report_has_the_light_colours(report: str) -> None:
    if pdf.why_no_pdf() is not None:
        pytest.skip("needs the pdf extra and Pango")
    content = pdf.print_page(report)
    streams = b""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        # Fonts are streams too, and not all of them use zlib compression.
        with suppress(zlib.error):
            streams += zlib.decompress(stream)
    colors = {tuple(map(float, c.split())) for c in re.findall(rb"([\d. ]+) rg\b", streams)}
    text, ground = ((0x1C, 0x20, 0x24), (0x14, 0x17, 0x1A))
    shown = {tuple(round(255 * part) for part in color) for color in colors}
    assert text in shown
    assert ground not in shown
