from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from roomread.errors import ProfileError
from roomread.fewshot import Profile, ProfileStore
from roomread.fewshot.profile import Reference
from roomread.services.profile_shelves import StoredProfiles, profile_shelf
from roomread.services.teaching import ProfileExistsError, ProfileNotFoundError
from roomread.store import LOCAL_OWNER, OwnerProfiles, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'roomread.db'}")
    yield opened
    opened.close()


@pytest.fixture
def rows(store: Store) -> OwnerProfiles:
    return store.owned_by("user:anna").profiles


@pytest.fixture
def profile() -> Profile:
    features, logits = np.ones(4, np.float32), np.zeros(7, np.float32)
    return Profile("masked", (Reference("masked", features, logits),), "net", "0123")


def test_profile_stored_in_the_database_has_the_same_content_as_a_profile_file(
    rows: OwnerProfiles, profile: Profile, tmp_path: Path
) -> None:
    StoredProfiles(rows).keep(profile)
    file = ProfileStore(tmp_path / "profiles").keep(profile)
    assert rows.content("masked") == file.read_text(encoding="utf-8")
    assert StoredProfiles(rows).load("masked").to_json() == profile.to_json()


def test_existing_profile_is_replaced_only_on_request(
    rows: OwnerProfiles, profile: Profile
) -> None:
    shelf = StoredProfiles(rows)
    shelf.keep(profile)
    with pytest.raises(ProfileExistsError, match="already a profile 'masked'"):
        shelf.keep(profile)
    shelf.keep(profile, replace=True)
    assert shelf.names() == ["masked"]


def test_unknown_profile_is_not_found(rows: OwnerProfiles) -> None:
    shelf = StoredProfiles(rows)
    for ask in (shelf.load, shelf.delete):
        with pytest.raises(ProfileNotFoundError, match="no profile 'masked'"):
            ask("masked")


@pytest.mark.parametrize("content", ["", "{}", "[1]"])
def test_damaged_profile_is_named_in_the_error_and_can_be_deleted(
    rows: OwnerProfiles, content: str
) -> None:
    rows.keep("masked", content)
    with pytest.raises(ProfileError, match="masked: "):
        StoredProfiles(rows).load("masked")
    StoredProfiles(rows).delete("masked")
    assert rows.names() == []


def test_database_row_that_contains_a_profile_of_another_name_is_refused(
    rows: OwnerProfiles, profile: Profile
) -> None:
    rows.keep("other", profile.to_json())
    with pytest.raises(ProfileError, match="it contains a profile of another name, 'masked'"):
        StoredProfiles(rows).load("other")


def test_profiles_are_database_rows_for_service_users_and_files_for_the_local_user(
    store: Store, profile: Profile, tmp_path: Path
) -> None:
    profile_shelf(store, "user:anna", data=tmp_path).keep(profile)
    assert not (tmp_path / "profiles").exists()
    assert profile_shelf(store, "user:ben", data=tmp_path).names() == []
    assert profile_shelf(store, LOCAL_OWNER, data=tmp_path).names() == []
    profile_shelf(None, LOCAL_OWNER, data=tmp_path).keep(profile)
    assert (tmp_path / "profiles" / "masked.json").is_file()
    assert profile_shelf(store, LOCAL_OWNER, data=tmp_path).names() == ["masked"]
