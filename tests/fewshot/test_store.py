from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from roomread.errors import OutputError, ProfileError
from roomread.fewshot import ProfileStore
from roomread.fewshot.store import read_profile
from small_net import state


@pytest.mark.parametrize("name", ["", "../up", "a/b", "Asha", "neutral", "x" * 41, ".hidden"])
def test_profile_name_that_is_invalid_or_an_expression_is_refused(name: str) -> None:
    with pytest.raises(ProfileError, match=r"expressions|cannot be a profile's name"):
        ProfileStore(Path()).path(name)


def test_profile_is_stored_loaded_and_deleted(tmp_path: Path) -> None:
    masked = state("masked")
    store = ProfileStore(tmp_path / "not" / "there" / "yet")
    assert store.names() == []
    path = store.keep(masked)
    assert store.names() == ["masked"]
    assert np.allclose(store.load("masked").features, masked.features, atol=1e-5)
    with pytest.raises(ProfileError, match="already"):
        store.keep(masked)
    store.delete("masked")
    assert not path.exists()
    assert list(path.parent.iterdir()) == []


def test_profile_whose_name_differs_from_its_file_name_is_refused(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.keep(state("tired")).rename(tmp_path / "bored.json")
    with pytest.raises(ProfileError, match=r"bored\.json: contains a profile of another name"):
        store.load("bored")


def test_existing_profile_is_replaced_if_requested(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.keep(state("tired"))
    store.keep(state("tired", 5), replace=True)
    assert len(store.load("tired").references) == 5


def test_damaged_profile_is_skipped_and_can_be_deleted(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.keep(state("tired"))
    store.path("bored").write_bytes(b"\xff\xfe")
    assert store.names() == ["bored", "tired"]
    assert [each.name for each in store.readable()] == ["tired"]
    store.delete("bored")
    assert store.names() == ["tired"]


def test_unknown_profile_is_reported_with_the_names_of_existing_profiles(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    with pytest.raises(ProfileError, match="no profile 'eve'") as none:
        store.delete("eve")
    assert none.value.hint == "the profiles are: none yet"
    store.keep(state("tired"))
    with pytest.raises(ProfileError) as other:
        store.load("eve")
    assert other.value.hint == "the profiles are: tired"


def test_profile_that_cannot_be_deleted_is_reported_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ProfileStore(tmp_path)
    store.keep(state("tired"))

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OutputError, match=r"tired\.json: cannot be deleted: Permission denied"):
        store.delete("tired")


def test_folder_in_place_of_a_profile_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read: Is a directory"):
        read_profile(tmp_path)
