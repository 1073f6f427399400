"""The contrast of every text and graphic with its background (WCAG 2.2 AA)."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from itertools import product
from pathlib import Path

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")
pytest.importorskip("altair", reason="needs the app extra")

from roomread.formats import palette
from roomread.readings import Expression
from roomread.readings.colors import RGB, contrast
from roomread.web import model

ROOT = resources.files("roomread")
# Minimum contrast of texts and of graphics.
TEXT, GRAPHIC = 4.5, 3.0
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# Backgrounds that Streamlit draws: the page, and boxes on the page.
GROUNDS = {"light": (WHITE, (248, 248, 247)), "dark": ((23, 22, 20), (45, 43, 39))}
CONFIG = tomllib.loads((ROOT / "web/.streamlit/config.toml").read_text(encoding="utf-8"))
SCHEMES = ("light", "dark")


def rgb(text: str) -> RGB:
    """Return a colour that is written as #rgb or #rrggbb."""
    digits = text.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def variables(scheme: str) -> dict[str, RGB]:
    """Return the colours of the pages that are not drawn by Streamlit."""
    text = (ROOT / "api/assets/style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    found = re.findall(r"--([\w-]+): (#\w+);", light if scheme == "light" else dark)
    return {name: rgb(value) for name, value in found}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_primary_colour_of_the_app_and_the_text_on_it_have_enough_contrast(scheme: str) -> None:
    primary = rgb(CONFIG["theme"][scheme]["primaryColor"])
    # The text of a primary button is white.
    assert contrast(WHITE, primary) >= TEXT
    for ground in GROUNDS[scheme]:
        assert contrast(primary, ground) >= GRAPHIC


@pytest.mark.parametrize("scheme", SCHEMES)
def test_outline_of_the_keyboard_focus_has_enough_contrast(scheme: str) -> None:
    scripts = [path for path in (ROOT / "web").iterdir() if path.name.endswith(".py")]
    rings = {
        rgb(color)
        for path in scripts
        # In a picture, the outline is white with a black edge.
        if path.name != "boxes.py"
        for color in re.findall(r"outline: \dpx solid (#\w+)", path.read_text(encoding="utf-8"))
    }
    assert rings
    for ring, ground in product(rings, GROUNDS[scheme]):
        assert contrast(ring, ground) >= GRAPHIC


@pytest.mark.parametrize("scheme", SCHEMES)
def test_texts_and_lines_of_the_pages_have_enough_contrast(scheme: str) -> None:
    colors = variables(scheme)
    grounds = ("ground", "raised", "warn-ground")
    texts = {"text", "soft", "accent", "warn", "bad", "good"}
    assert set(colors) == texts | {*grounds, "line", "on-accent"}
    for name, ground in product(texts, grounds):
        assert contrast(colors[name], colors[ground]) >= TEXT, (name, ground)
    assert contrast(colors["on-accent"], colors["accent"]) >= TEXT
    for ground in grounds:
        assert contrast(colors["line"], colors[ground]) >= GRAPHIC, ground


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_of_a_chart_has_enough_contrast_with_its_page(scheme: str) -> None:
    drawn = [value for value in vars(palette).values() if isinstance(value, tuple)]
    colors = {value for value in drawn if type(value[0]) is int}
    colors |= {color for color, _dash in palette.SERIES}
    colors |= {expression.color for expression in Expression}
    # Charts are drawn on the page itself, and never in a box with another background.
    for color, ground in product(colors, (GROUNDS[scheme][0], variables(scheme)["ground"])):
        assert contrast(color, ground) >= GRAPHIC, (color, ground)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_texts_of_the_charts_of_the_model_have_enough_contrast(scheme: str) -> None:
    for ground in GROUNDS[scheme]:
        assert contrast(model.TEXT[scheme], ground) >= TEXT


def test_numbers_of_the_confusion_matrix_have_enough_contrast_in_every_cell() -> None:
    for percent in range(101):
        share = percent / 100
        cell = [(1 - share) * a + share * b for a, b in zip(model.LEAST, model.MOST, strict=True)]
        red, green, blue = (round(part) for part in cell)
        number = WHITE if share > model.WHITE_FROM else BLACK
        assert contrast(number, (red, green, blue)) >= TEXT, share


@pytest.mark.parametrize("path", ["api/assets", "formats/pages"])
def test_styles_of_the_pages_have_no_colour_whose_contrast_is_unchecked(path: str) -> None:
    found: set[str] = set()
    for file in Path(str(ROOT), path).rglob("*"):
        if file.suffix in {".css", ".j2"} and file.name != "style.css":
            found |= set(re.findall(r"#[0-9a-f]{3,6}\b(?=[;\s])", file.read_text(encoding="utf-8")))
    # Boxes of faces and regions are drawn on pictures. QR codes and videos have a background of
    # their own.
    assert found - {"#4be38a", "#ffb454", "#ffd54a", "#fff", "#000"} <= {"#848d97"}
    assert contrast(rgb("#848d97"), WHITE) >= GRAPHIC
