from __future__ import annotations

from pathlib import Path

import pytest

from roomread.errors import RoomreadError
from roomread.settings import intended_use
from roomread.settings.environment import load_settings
from roomread.settings.intended_use import (
    IntendedUse,
    Purpose,
    Region,
    keep_intended_use,
    load_intended_use,
)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("ROOMREAD_PURPOSE", "ROOMREAD_REGION"):
        monkeypatch.delenv(name, raising=False)
    return intended_use.settings_file()


def test_purpose_is_unknown_until_it_is_stored() -> None:
    assert load_intended_use() == IntendedUse(None, None)


def test_storing_the_purpose_changes_no_other_setting_in_the_file(file: Path) -> None:
    keep_intended_use(IntendedUse(Purpose.PERSONAL))
    file.write_text(file.read_text() + "max_cameras = 3\n")
    keep_intended_use(IntendedUse(Purpose.MEDICAL, Region.EU))
    assert load_intended_use() == IntendedUse(Purpose.MEDICAL, Region.EU)
    assert file.read_text().count("purpose") == 1
    # The service reads the same values.
    values = load_settings()
    assert (values.purpose, values.region) == (Purpose.MEDICAL, Region.EU)
    assert values.max_cameras == 3


@pytest.mark.parametrize("name", ["purpose", "region"])
def test_environment_variable_overrides_the_settings_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_intended_use(IntendedUse(Purpose.RESEARCH, Region.EU))
    other = IntendedUse(Purpose.PERSONAL, Region.ELSEWHERE)
    monkeypatch.setenv(f"ROOMREAD_{name.upper()}", getattr(other, name))
    assert getattr(load_intended_use(), name) == getattr(other, name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('purpose = "school in the EU"', "'purpose' is invalid: 'school in the EU'"),
        ("region = 1", "'region' is invalid: '1' is not one of eu, elsewhere"),
        ("purpose =", "cannot be read"),
    ],
)
def test_invalid_purpose_or_region_in_the_settings_file_is_an_error(
    file: Path, text: str, words: str
) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(RoomreadError, match=words):
        load_intended_use()


def test_environment_variable_sets_the_purpose_for_a_user_without_a_home_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    # For a user id that the system does not know, "~" is not expanded.
    monkeypatch.setattr("os.path.expanduser", lambda _path: "~/.config")
    assert load_intended_use() == IntendedUse(None, None)
    monkeypatch.setenv("ROOMREAD_PURPOSE", "research")
    assert load_intended_use() == IntendedUse(Purpose.RESEARCH, None)
