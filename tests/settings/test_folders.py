from __future__ import annotations

from pathlib import Path

import pytest

from roomread.errors import RoomreadError
from roomread.settings import folders
from roomread.settings.folders import config_folder, data_folder, profiles_folder


def test_data_folder_is_set_by_the_environment_or_defaults_to_a_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", "")
    assert data_folder().name == config_folder().name == "roomread"
    assert data_folder() != tmp_path


def test_profiles_folder_is_in_the_data_folder(tmp_path: Path) -> None:
    assert profiles_folder(tmp_path) == tmp_path / "profiles"


def test_error_names_the_variables_to_set_when_there_is_no_home_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ROOMREAD_DATA_FOLDER", raising=False)
    monkeypatch.setattr(folders, "user_config_path", homeless)
    monkeypatch.setattr(folders, "user_data_path", homeless)
    for find in (config_folder, data_folder):
        with pytest.raises(RoomreadError, match="no home folder") as error:
            find()
        assert error.value.hint is not None
        assert "HOME" in error.value.hint
