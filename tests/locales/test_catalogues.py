"""Every message of the code is translated in every catalogue."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="needs the app extra")

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

import roomread.locales
from roomread.locales import LANGUAGES, SOURCE, catalogue

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
PLACEHOLDER = re.compile(r"\{\w+\}")
Message = tuple[str, ...]


@cache
def messages_of_the_code() -> frozenset[Message]:
    """Return the messages that `make texts` extracts: one sentence, or singular and plural."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = settings["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        ROOT / "src" / "roomread",
        method_map=[(mapping["pattern"], mapping["method"]) for mapping in mappings],
        options_map={mapping["pattern"]: mapping for mapping in mappings},
        keywords=DEFAULT_KEYWORDS | {"t": None, "tn": (1, 2)},
    )
    return frozenset(_sentences(message) for _file, _line, message, _comments, _context in found)


def messages_of(language: str) -> dict[Message, Message]:
    """Return the translations of a catalogue, without those that are marked fuzzy."""
    return {
        _sentences(message.id): _sentences(message.string)
        for message in catalogue(language)
        if message.id and not message.fuzzy
    }


def _sentences(message: object) -> Message:
    return (message,) if isinstance(message, str) else tuple(message)  # type: ignore[arg-type]


def test_extraction_finds_translatable_messages_of_scripts_and_templates() -> None:
    sentences = {sentence for message in messages_of_the_code() for sentence in message}
    assert "An expression is what a face shows, not what the person feels." in sentences


def test_no_translatable_message_is_inside_an_f_string() -> None:
    # Before Python 3.12 Babel does not find a message inside an f-string, so it stays untranslated.
    for path in (ROOT / "src" / "roomread").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
                names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
                assert not names & {"t", "tn"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_has_exactly_the_translatable_messages_of_the_code(language: str) -> None:
    written = messages_of(language).keys()
    missing, obsolete = messages_of_the_code() - written, written - messages_of_the_code()
    assert (missing, obsolete) == (frozenset(), set()), "run make texts, and translate"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    untranslated = [message for message, texts in messages_of(language).items() if not all(texts)]
    assert untranslated == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_placeholders_of_their_message(language: str) -> None:
    for message, texts in messages_of(language).items():
        # One form may say "a face" where the other says "{n} faces".
        wanted = sorted(set(PLACEHOLDER.findall(message[-1])))
        for text in texts[-1:]:
            assert sorted(set(PLACEHOLDER.findall(text))) == wanted, message
        for text in texts:
            assert set(PLACEHOLDER.findall(text)) <= set(wanted), message


def test_each_language_has_a_catalogue() -> None:
    folder = Path(roomread.locales.__file__).parent
    assert {path.stem for path in folder.glob("*.po")} == set(TRANSLATED)
