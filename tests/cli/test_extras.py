from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from roomread.cli import extras
from roomread.cli.extras import need_service_extra, need_sessions_extra
from roomread.errors import MissingExtraError


@pytest.mark.parametrize(
    ("need", "packages", "extra"),
    [
        (need_sessions_extra, extras._SESSIONS, "sessions"),
        (need_service_extra, extras._PACKAGES, "app"),
    ],
)
def test_error_for_a_missing_package_names_its_extra(
    monkeypatch: pytest.MonkeyPatch,
    need: Callable[[], None],
    packages: tuple[str, ...],
    extra: str,
) -> None:
    need()
    for absent in packages:
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, absent=absent: None if name == absent else 1
        )
        with pytest.raises(MissingExtraError) as error:
            need()
        assert f"roomread[{extra}]" in error.value.hint
