"""The notice in six languages, and the draft of an impact assessment."""

from __future__ import annotations

import pytest
import segno

from roomread.classifier import open_model
from roomread.errors import RoomreadError
from roomread.locales import LANGUAGES
from roomread.services.notice import impact_assessment, notice_page, qr_code
from roomread.settings.environment import Settings
from roomread.settings.intended_use import Purpose


def settings(**values: object) -> Settings:
    return Settings.model_validate({"database_url": "sqlite:///x.db", **values})


@pytest.mark.parametrize("language", LANGUAGES)
def test_privacy_notice_names_the_law_and_the_responsible_person_in_each_language(
    language: str,
) -> None:
    page = notice_page(settings(responsible="Ms <Lee>, room 12"), language)
    assert f'<html lang="{language}">' in page
    assert "50" in page
    assert "2024/1689" in page
    assert page.count("Ms &lt;Lee&gt;, room 12") == 2  # in the text and on the slide
    assert (language == "en") == ("No picture is stored." in page)


def test_privacy_notice_states_the_purpose_the_stored_data_and_the_retention_time() -> None:
    research = settings(purpose=Purpose.RESEARCH, retention_days=30)
    page = notice_page(research, "en")
    assert "Research, with the consent" in page
    assert "Only figures of the whole room are stored" in page
    assert "deleted after 30 days" in page
    page = notice_page(settings(purpose=Purpose.WORK_OR_SCHOOL), "en", keeps_people=True)
    assert "Work or education. In the European Union it is prohibited" in page
    assert "The readings of individual people are kept" in page
    assert "until the person who is responsible deletes them" in page


def test_privacy_notice_has_a_qr_code_only_if_a_link_is_given() -> None:
    assert "<svg" not in notice_page(settings(), "en")
    page = notice_page(settings(), "en", link="https://school.example/notice")
    assert qr_code("https://school.example/notice") in page
    assert "https://school.example/notice" in page


def test_qr_code_has_as_many_modules_as_the_link_needs() -> None:
    # The length of the link determines the number of modules on each side.
    side = segno.make("https://school.example/notice", error="m", micro=False).symbol_size()[0]
    assert f'viewBox="0 0 {8 * side} {8 * side}"' in qr_code("https://school.example/notice")


def test_privacy_notice_in_an_unknown_language_or_with_a_too_long_link_is_refused() -> None:
    with pytest.raises(RoomreadError, match="no notice in 'it'"):
        notice_page(settings(), "it")
    with pytest.raises(RoomreadError, match="too long"):
        notice_page(settings(), "en", link="https://x.example/" + "a" * 5000)


def test_impact_assessment_is_filled_in_from_the_settings() -> None:
    model = open_model()
    known = settings(
        purpose=Purpose.MEDICAL, retention_days=30, responsible="Clinic North", ice_service="twilio"
    )
    text = impact_assessment(known, model)
    for filled in ("Clinic North", "Medical or safety reasons", "30 days", "sqlite", "twilio"):
        assert filled in text
    assert model.digest in text
    for name, figure in model.card.figures.items():
        assert f"- {name}: {figure}" in text
    assert "set ROOMREAD_RETENTION_DAYS" not in text


def test_impact_assessment_names_the_settings_that_are_missing() -> None:
    text = impact_assessment(settings(purpose=None, region=None), open_model())
    assert "[not chosen yet: ROOMREAD_PURPOSE]" in text
    assert "[not chosen yet: ROOMREAD_REGION]" in text
    assert "[set ROOMREAD_RETENTION_DAYS]" in text
    assert "[name, address, contact]" in text
