from __future__ import annotations

from pathlib import Path

import pytest

from roomread.cli import purpose
from roomread.services.purpose import PurposeFixedError
from roomread.settings.intended_use import Purpose, Region


@pytest.fixture(autouse=True)
def new_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use new folders for settings and data, and no purpose from the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path / "data"))
    for name in ("ROOMREAD_PURPOSE", "ROOMREAD_REGION"):
        monkeypatch.delenv(name, raising=False)


def shown(
    capsys: pytest.CaptureFixture[str], *chosen: Purpose, region: Region | None = None
) -> str:
    purpose.command(*chosen, region=region)
    return capsys.readouterr().out


def test_purpose_and_region_are_not_chosen_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert text.startswith("purpose  not chosen\nregion   not chosen\n")
    assert "may read pictures, videos" in text
    assert "must not record a class" in text


def test_chosen_purpose_and_region_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, Purpose.WORK_OR_SCHOOL, region=Region.EU)
    assert "purpose  work-or-school: Work or education\n" in text
    assert "region   eu: In the European Union\n" in text
    assert "may read your own face" in text
    assert "must not read pictures" in text
    # A region alone leaves the purpose as it is.
    assert "may read pictures" in shown(capsys, region=Region.ELSEWHERE)
    assert shown(capsys).startswith("purpose  work-or-school")


def test_purpose_from_the_environment_cannot_be_changed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_PURPOSE", "medical")
    with pytest.raises(PurposeFixedError, match="fixed to 'medical'"):
        purpose.command(Purpose.RESEARCH)
    assert shown(capsys).startswith("purpose  medical")
