from __future__ import annotations

import pytest

pytest.importorskip("streamlit", reason="needs the app extra")

from pathlib import Path

from fake_page import FakePage, RerunError
from roomread.errors import OutputError
from roomread.settings.environment import Settings
from roomread.settings.intended_use import IntendedUse, Purpose, Region
from roomread.web import purpose
from roomread.web.purpose import purpose_is_known, purpose_name, region_name, show_purpose

FOR, WHERE = "It is used for", "Where (the law for work and education differs)"


@pytest.fixture
def chosen() -> list[IntendedUse]:
    """Return the list to which the chosen uses are appended during the test."""
    return []


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: list[IntendedUse]) -> FakePage:
    made = FakePage()
    monkeypatch.setattr(purpose, "st", made)
    monkeypatch.setattr(purpose, "owner", lambda: "user:1")
    monkeypatch.setattr(purpose, "is_signed_in", lambda: False)
    monkeypatch.setattr(purpose, "settings_file", lambda: tmp_path / "roomread.toml")
    monkeypatch.setattr(purpose, "current_use", IntendedUse)
    monkeypatch.setattr(purpose, "choose_use", lambda use, **_: chosen.append(use))
    return made


def test_every_purpose_and_region_has_its_own_name() -> None:
    assert len({purpose_name(each) for each in Purpose}) == len(Purpose)
    assert len({region_name(each) for each in Region}) == len(Region)


def test_known_purpose_is_not_asked_for(page: FakePage) -> None:
    assert purpose_is_known(Settings(purpose=Purpose.RESEARCH))
    page.session_state["purpose"] = Purpose.PERSONAL
    assert purpose_is_known(Settings(purpose=None))
    assert page.drawn == []


def test_first_visitor_is_asked_for_the_purpose_and_no_purpose_is_preselected(
    page: FakePage, chosen: list[IntendedUse], tmp_path: Path
) -> None:
    assert not purpose_is_known(Settings(purpose=None))
    assert page.element(FOR).options["index"] is None
    assert str(tmp_path) in page.texts("caption")[0]
    assert chosen == []


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, "Choose one of the four, or close this page."),
        (
            {FOR: Purpose.WORK_OR_SCHOOL},
            "Choose where: the law for work and education differs by region.",
        ),
    ],
    ids=["no purpose", "work without a region"],
)
def test_incomplete_answer_about_the_purpose_is_refused(
    page: FakePage, chosen: list[IntendedUse], answers: dict[str, object], error: str
) -> None:
    page.answers = {"Continue": True, **answers}
    assert not purpose_is_known(Settings(purpose=None))
    assert page.texts("error") == [error]
    assert chosen == []


def test_complete_answer_about_the_purpose_is_stored_for_the_installation_and_the_visit(
    page: FakePage, chosen: list[IntendedUse]
) -> None:
    page.answers = {"Continue": True, FOR: Purpose.WORK_OR_SCHOOL, WHERE: Region.EU}
    with pytest.raises(RerunError):
        purpose_is_known(Settings(purpose=None))
    assert chosen == [IntendedUse(Purpose.WORK_OR_SCHOOL, Region.EU)]
    assert page.session_state["purpose"] is Purpose.WORK_OR_SCHOOL


def test_purpose_that_cannot_be_saved_is_kept_for_the_visit(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OutputError("roomread.toml: cannot be written")

    monkeypatch.setattr(purpose, "choose_use", fail)
    page.answers = {"Continue": True, FOR: Purpose.PERSONAL}
    with pytest.raises(RerunError):
        purpose_is_known(Settings(purpose=None))
    page.answers = {}
    show_purpose()
    assert "roomread.toml: cannot be written" in page.texts("warning")[0]
    assert f"**{purpose_name(Purpose.PERSONAL)}**" in page.texts("markdown")[-1]


def test_activities_that_the_purpose_prohibits_are_listed(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        purpose, "current_use", lambda: IntendedUse(Purpose.WORK_OR_SCHOOL, Region.EU)
    )
    show_purpose()
    others, record = page.texts("info")
    assert others.startswith("It must not read the faces of others: ")
    assert record.startswith("It must not record a class: ")


def test_signed_in_user_cannot_change_the_purpose(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_purpose()
    assert "Change the purpose" in page.texts("expander")
    page.drawn.clear()
    monkeypatch.setattr(purpose, "is_signed_in", lambda: True)
    show_purpose()
    assert page.texts("expander") == []
