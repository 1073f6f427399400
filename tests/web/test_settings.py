from __future__ import annotations

from pathlib import Path

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs the app extra")

from roomread.errors import RoomreadError  # noqa: E402
from roomread.services.preferences import DetectorChoice, Preferences  # noqa: E402
from roomread.web import settings  # noqa: E402


def page() -> None:
    from roomread.services.preferences import Preferences  # noqa: PLC0415 (the script's own code)
    from roomread.web import settings  # noqa: PLC0415

    settings._ask_preferences(Preferences(class_size=28, notice="slide"))


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Preferences]:
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path))
    found: list[Preferences] = []
    monkeypatch.setattr(settings, "keep_visitor_preferences", found.append)
    return found


def test_saved_form_contains_changed_and_unchanged_settings(kept: list[Preferences]) -> None:
    script = testing.AppTest.from_function(page, default_timeout=120).run()
    size, days = script.number_input
    assert size.value == 28
    size.set_value(0)
    days.set_value(30)
    script.selectbox[0].set_value("fr")
    assert kept == []
    script.button[0].click().run()
    (wanted,) = kept
    assert (wanted.class_size, wanted.retention_days, wanted.language) == (None, 30, "fr")
    assert (wanted.notice, wanted.detector) == ("slide", DetectorChoice.CENTERFACE)


def test_detector_that_is_not_installed_is_reported_and_nothing_is_saved(
    kept: list[Preferences], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise RoomreadError("OpenCV is not installed")

    monkeypatch.setattr(settings, "haar", missing)
    script = testing.AppTest.from_function(page, default_timeout=120).run()
    script.radio[0].set_value(DetectorChoice.HAAR)
    script.button[0].click().run()
    assert "OpenCV is not installed" in script.error[0].value
    assert kept == []
