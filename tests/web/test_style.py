from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

import re
from pathlib import Path

import roomread.web
from fake_page import FakePage
from roomread.web import style
from roomread.web.style import show_style

FOLDER = Path(roomread.web.__file__).parent


def styled(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the style that is added to the pages."""
    page = FakePage()
    monkeypatch.setattr(style, "st", page)
    monkeypatch.setattr(style, "component", lambda *_, **__: lambda **_: None)
    show_style()
    (text,) = page.texts("html")
    return text


def test_every_styled_container_exists_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set(re.findall(r"\.st-key-(\w+)", styled(monkeypatch)))
    code = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    assert keys == {"state", "uploader", "stop", "presses"}
    assert {key for key in keys if f'key="{key}"' not in code} == set()


def test_style_shows_the_keyboard_focus_on_every_kind_of_control(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = styled(monkeypatch)
    for element in ("a", "button", "summary", "input", "textarea", '[role="tab"]'):
        assert f"{element}:focus-visible" in text
