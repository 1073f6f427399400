from __future__ import annotations

from postgres import ON_SQLITE
from roomread.store import (
    OwnerStore,
    Store,
)


def test_profile_of_another_owner_is_not_found(everything: Store, anna: OwnerStore) -> None:
    assert anna.profiles.keep("asha", "hers")
    eve = everything.owned_by("user:eve").profiles
    assert (eve.names(), eve.content("asha"), eve.delete("asha")) == ([], None, False)
    assert eve.keep("asha", "eve's own")
    assert not anna.profiles.keep("asha", "another")
    assert anna.profiles.content("asha") == "hers"
    assert anna.profiles.keep("asha", "replaced", replace=True)
    assert (anna.profiles.content("asha"), eve.content("asha")) == ("replaced", "eve's own")
    assert anna.profiles.delete("asha")
    assert anna.profiles.names() == []


@ON_SQLITE
def test_profiles_are_sorted_by_name_and_a_second_deletion_returns_false(anna: OwnerStore) -> None:
    for name in ("omar", "asha"):
        assert anna.profiles.keep(name, f"the profile of {name}")
    assert anna.profiles.names() == ["asha", "omar"]
    assert anna.profiles.delete("asha")
    assert not anna.profiles.delete("asha")
    assert anna.profiles.names() == ["omar"]


@ON_SQLITE
def test_new_profile_is_stored_even_if_replacement_is_requested(anna: OwnerStore) -> None:
    assert anna.profiles.keep("asha", "new", replace=True)
    assert anna.profiles.content("asha") == "new"
