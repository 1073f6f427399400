"""Translate texts for users, with the message catalogues of this package.

A catalogue is the file `<language>.po`; its messages are the plain English sentences of the code.
`docs/architecture.md` describes how to add a catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

SOURCE = "en"
# The name of each language in the language itself.
LANGUAGES: Mapping[str, str] = {
    SOURCE: "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "pt": "Português",
    "hi": "हिन्दी",
}
_FOLDER = Path(__file__).parent

Value = str | float


class Translator:
    """A translator of messages, numbers and dates into one language.

    Args:
        language: One of `LANGUAGES`.
        forms: The translations of each English message: one form, or singular and plural.

    Attributes:
        language: One of `LANGUAGES`.
    """

    def __init__(self, language: str, forms: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._forms = forms
        self._locale = Locale(language)

    def gettext(self, message: str, **values: Value) -> str:
        """Return the translation of a message, with its values filled in.

        Args:
            message: An English sentence, in which `{name}` stands for the value `name`.
            values: The values by name. Numbers are formatted for the language.
        """
        return self._fill(self._forms.get(message, (message,))[0], values)

    def ngettext(self, singular: str, plural: str, n: int, **values: Value) -> str:
        """Return the translation of a message with a number that has a singular and a plural form.

        Args:
            singular: The English sentence for the number 1.
            plural: The English sentence for other numbers.
            n: The number; both sentences may contain it as `{n}`.
            values: Further values by name, as for `gettext`.
        """
        forms = self._forms.get(singular, (singular, plural))
        is_one = self._locale.plural_form(n) == "one"
        return self._fill(forms[0] if is_one else forms[-1], {"n": n, **values})

    def percent(self, share: float) -> str:
        """Return a fraction, 0..1, as a whole percentage, such as "88%" or "88 %"."""
        return format_percent(share, locale=self._locale)

    def signed(self, value: float) -> str:
        """Return a number with its sign and two decimals, such as "-0.25" or "-0,25"."""
        return format_decimal(value, "+0.00;-0.00", locale=self._locale)

    def decimal(self, value: float, pattern: str = "#,##0.0") -> str:
        """Return a formatted number, by default with one decimal.

        Args:
            value: The number.
            pattern: A number pattern of Unicode (UTS #35).
        """
        return format_decimal(value, pattern, locale=self._locale)

    def day_of(self, moment: datetime) -> str:
        """Return the date of a moment, in the time zone of this computer."""
        return format_date(moment.astimezone(), "medium", locale=self._locale)

    def day_and_time(self, moment: datetime) -> str:
        """Return the date and the time of a moment, in the time zone of this computer."""
        here = moment.astimezone()
        time = format_time(here, "short", tzinfo=here.tzinfo, locale=self._locale)
        return f"{self.day_of(here)}, {time}"

    def _fill(self, text: str, values: Mapping[str, Value]) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self._written(values[found[1]]), text)

    def _written(self, value: Value) -> str:
        return value if isinstance(value, str) else format_decimal(value, locale=self._locale)


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language.

    Args:
        language: One of `LANGUAGES`.

    Raises:
        KeyError: There is no such language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    return Translator(language, _forms(catalogue(language)))


def browser_catalogue(language: str) -> dict[str, list[str]]:
    """Return the translations of the messages that scripts of web pages show, for `texts.js`.

    Args:
        language: One of `LANGUAGES`.
    """
    messages = catalogue(language)
    in_scripts = {
        _key(message.id)
        for message in messages
        if any(file.endswith(".js") for file, _line in message.locations)
    }
    return {key: list(forms) for key, forms in _forms(messages).items() if key in in_scripts}


@cache
def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language; that of English, the source language, is empty.

    Args:
        language: One of `LANGUAGES`.
    """
    if language == SOURCE:
        return Catalog(Locale(language))
    with (_FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def negotiate(asked: Iterable[str], accept_language: str = "") -> str:
    """Return the language of `LANGUAGES` that fits a user's choices best, by default English.

    Args:
        asked: The language tags that the user chose, the preferred ones first. Unsupported
            languages are ignored.
        accept_language: The value of the header Accept-Language, which is used if `asked` contains
            no supported language.
    """
    for tag in (*asked, *_accepted(accept_language)):
        language = tag.lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return SOURCE


def _accepted(header: str) -> list[str]:
    """Return the language tags of an `Accept-Language` header, the preferred ones first."""
    weighted = []
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameter)
        weight = float(quality[1]) if quality is not None else 1.0
        if weight > 0:
            weighted.append((weight, tag.strip()))
    # The sort is stable, so that of several tags with the same weight the first is preferred.
    return [tag for _weight, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _forms(messages: Catalog) -> dict[str, tuple[str, ...]]:
    forms = {}
    for message in messages:
        string = message.string
        translated = (string,) if isinstance(string, str) else tuple(string or ())
        if message.id and all(translated) and not message.fuzzy:
            forms[_key(message.id)] = translated
    return forms


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


ENGLISH = translator(SOURCE)
