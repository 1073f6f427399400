from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

pytest.importorskip("fastapi", reason="needs the app extra")

from roomread.api import about
from roomread.api.context import ServiceContext
from roomread.api.problems import RefusedError
from roomread.classifier import bundled_models
from roomread.services.accounts import LOCAL
from roomread.settings.environment import Settings
from roomread.settings.intended_use import Purpose, Region


@pytest.fixture(autouse=True)
def new_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ROOMREAD_DATA_FOLDER", str(tmp_path / "secret"))
    for name in ("ROOMREAD_PURPOSE", "ROOMREAD_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_each_bundled_model_is_listed_and_has_a_card() -> None:
    listed = asyncio.run(about.models(LOCAL)).models
    assert [model.name for model in listed] == list(bundled_models())
    card = asyncio.run(about.model(LOCAL, "compact"))
    assert card.labels == listed[0].labels
    assert card.temperature > 0


@pytest.mark.parametrize("name", ["nothing", "../compact", "/etc/passwd", ""])
def test_model_that_is_not_bundled_is_not_found(name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        asyncio.run(about.model(LOCAL, name))
    assert refused.value.status == 404


def test_settings_contain_the_number_of_stun_and_turn_servers_but_no_password() -> None:
    settings = Settings(
        database_url="postgresql+psycopg://anna:secret@host/roomread",
        ice_servers=[{"urls": [f"turn:{name}.example"], "credential": "secret"} for name in "ab"],
    )
    context = SimpleNamespace(settings=settings, auth=SimpleNamespace(sign_in=True))
    shown = about.settings(cast("ServiceContext", context), LOCAL)
    assert (shown.database, shown.relays, shown.sign_in) == ("postgresql", 2, True)
    assert (shown.purpose, shown.region) == (None, None)
    assert "secret" not in shown.model_dump_json()


def test_choosing_a_purpose_without_a_region_keeps_the_present_region() -> None:
    first = about.PurposeShape(purpose=Purpose.RESEARCH, region=Region.EU)
    assert about.choose_purpose(LOCAL, first) == first
    second = about.choose_purpose(LOCAL, about.PurposeShape(purpose=Purpose.MEDICAL))
    assert (second.purpose, second.region) == (Purpose.MEDICAL, Region.EU)
