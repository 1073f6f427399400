from __future__ import annotations

import pytest

pytest.importorskip("babel", reason="needs the app extra")

from roomread.locales import (
    LANGUAGES,
    Translator,
    Value,
    browser_catalogue,
    negotiate,
    translator,
)

FACES = {"{n} face": ("{n} visage", "{n} visages")}


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ((), "", "en"),
        ((), "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ((), "en;q=0.5, de", "de"),
        ((), "zh, ja;q=0.9, pt-BR;q=0.1", "pt"),
        ((), "es;q=0, hi;q=0.1", "hi"),
        ((), ";;q=x,,=", "en"),
        (("", "de"), "fr", "de"),
        (("es-MX", "de"), "fr", "es"),
        (("tlh", "../de"), "fr", "fr"),
    ],
)
def test_most_preferred_supported_language_is_chosen(
    asked: tuple[str, ...], header: str, language: str
) -> None:
    assert negotiate(asked, header) == language


def test_numbers_are_formatted_for_the_language() -> None:
    message = "{share} of {people} people, {name}"
    values: dict[str, Value] = {"share": 0.25, "people": 12345, "name": "5.0"}
    assert translator("en").gettext(message, **values) == "0.25 of 12,345 people, 5.0"
    assert translator("de").gettext(message, **values) == "0,25 of 12.345 people, 5.0"


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("fr", 0, "0 visage"),
        ("fr", 1, "1 visage"),
        ("fr", 2, "2 visages"),
        ("fr", 1_000_000, "1\u202f000\u202f000 visages"),
        ("de", 0, "0 visages"),
        ("hi", 0, "0 visage"),
    ],
)
def test_plural_form_depends_on_the_language(language: str, number: int, text: str) -> None:
    assert Translator(language, FACES).ngettext("{n} face", "{n} faces", number) == text


def test_value_with_braces_is_not_treated_as_a_placeholder() -> None:
    text = translator("en").gettext("{a} and {b}", a="{b}", b="{a}")
    assert text == "{b} and {a}"


def test_message_without_translation_stays_english() -> None:
    assert translator("es").gettext("No such message.") == "No such message."
    assert translator("es").ngettext("one", "many", 2) == "many"


def test_unknown_language_raises_a_key_error() -> None:
    with pytest.raises(KeyError):
        translator("tlh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_browser_catalogue_contains_no_messages_of_templates(language: str) -> None:
    messages = browser_catalogue(language)
    assert "An expression is what a face shows, not what the person feels." not in messages
