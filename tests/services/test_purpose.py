from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pydantic_settings", reason="needs the app extra")

from roomread.errors import RoomreadError
from roomread.services.purpose import DESCRIPTIONS, choose_purpose, current_purpose
from roomread.settings.environment import Purpose, settings_file


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ROOMREAD_PURPOSE", raising=False)


def test_purpose_is_unknown_until_it_is_chosen() -> None:
    assert current_purpose() is None
    choose_purpose(Purpose.RESEARCH)
    assert current_purpose() is Purpose.RESEARCH


def test_operator_variable_wins_over_a_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_purpose(Purpose.RESEARCH)
    monkeypatch.setenv("ROOMREAD_PURPOSE", "medical")
    assert current_purpose() is Purpose.MEDICAL


def test_choice_leaves_the_other_settings_as_they_are() -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("max_cameras = 3\n")
    choose_purpose(Purpose.PERSONAL)
    assert "max_cameras = 3" in settings_file().read_text()


def test_damaged_settings_are_an_error_not_an_unknown_purpose() -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('purpose = "fun"\n')
    with pytest.raises(RoomreadError, match="purpose"):
        current_purpose()


def test_every_purpose_is_described() -> None:
    assert set(DESCRIPTIONS) == set(Purpose)
