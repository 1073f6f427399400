from __future__ import annotations

from roomread.store import Store
from roomread.store.preference_rows import PreferenceRows


def test_replacing_preferences_of_an_owner_does_not_change_other_owners(everything: Store) -> None:
    rows = PreferenceRows(everything._database)
    assert (rows.content("user:anna"), rows.owners()) == (None, [])
    rows.keep("user:ben", "his")
    rows.keep("user:anna", "first")
    rows.keep("user:anna", "second")
    assert (rows.content("user:anna"), rows.content("user:ben")) == ("second", "his")
    assert rows.owners() == ["user:anna", "user:ben"]
