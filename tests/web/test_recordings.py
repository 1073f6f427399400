from __future__ import annotations

import pytest

from roomread.settings.environment import Settings
from roomread.web import recordings


@pytest.mark.parametrize(
    ("in_service", "local_files", "signed_in", "allowed"),
    [
        (True, True, False, True),
        (True, False, True, True),
        # Everybody who can open the page could read the sessions of the others.
        (True, False, False, False),
        # Streamlit alone has no lessons.
        (False, True, False, False),
    ],
    ids=["user of this computer", "user of the service", "stranger", "demonstration"],
)
def test_only_users_who_have_their_own_sessions_may_record(
    monkeypatch: pytest.MonkeyPatch,
    *,
    in_service: bool,
    local_files: bool,
    signed_in: bool,
    allowed: bool,
) -> None:
    engine = object() if in_service else None
    monkeypatch.setattr(recordings, "served_engine", lambda: engine)
    monkeypatch.setattr(recordings, "load_settings", lambda: Settings(local_files=local_files))
    monkeypatch.setattr(recordings, "is_signed_in", lambda: signed_in)
    assert recordings.may_record() is allowed
