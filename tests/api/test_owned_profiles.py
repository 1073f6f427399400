from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api.context import ServiceContext
from roomread.api.owned_profiles import analyzer_with, load_profiles, teaching_service
from roomread.errors import ProfileError
from roomread.services.accounts import Principal
from roomread.services.profile_shelves import profile_shelf
from roomread.testing.fakes import temporary_store
from small_net import person, state

ANNA, BEN = (Principal(f"user:{name}", frozenset()) for name in ("anna", "ben"))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ServiceContext]:
    """Yield a context whose `analyzer.with_profiles` returns the list of the profiles."""
    analyzer = SimpleNamespace(with_profiles=list)
    with temporary_store() as store:
        shelf = profile_shelf(store, ANNA.id, data=tmp_path)
        for profile in (person("asha"), state("tired")):
            shelf.keep(profile)
        made = SimpleNamespace(
            store=store,
            settings=SimpleNamespace(data=tmp_path),
            engine=SimpleNamespace(analyzer=analyzer),
        )
        yield cast("ServiceContext", made)


def test_profiles_are_loaded_in_the_order_in_which_they_are_named(context: ServiceContext) -> None:
    found = load_profiles(context, ANNA, "tired, asha")
    assert [profile.name for profile in found] == ["tired", "asha"]


def test_analyzer_applies_only_profiles_that_are_named_in_the_request(
    context: ServiceContext,
) -> None:
    assert asyncio.run(analyzer_with(context, ANNA, "")) is context.engine.analyzer
    taught = asyncio.run(analyzer_with(context, ANNA, "asha"))
    assert [profile.name for profile in cast("list[SimpleNamespace]", taught)] == ["asha"]


@pytest.mark.parametrize("names", ["eve", "asha,eve", "asha,", "../asha"])
def test_unknown_profile_is_refused(context: ServiceContext, names: str) -> None:
    with pytest.raises(ProfileError):
        load_profiles(context, ANNA, names)


def test_profiles_of_another_user_are_not_found(context: ServiceContext) -> None:
    assert teaching_service(context, BEN).names() == []
    with pytest.raises(ProfileError, match="no profile 'asha'"):
        load_profiles(context, BEN, "asha")
