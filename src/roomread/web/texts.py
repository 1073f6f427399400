"""The texts of the pages in the visitor's language, from the catalogues of `roomread.locales`."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from roomread.formats import core_words
from roomread.locales import Translator, Value, negotiate, translator

# The cookie in which the pages that are not drawn by Streamlit store the chosen language.
_COOKIE = "roomread_lang"
_CHOSEN = "language"


def choose_language(language: str) -> None:
    """Set the language of this visit.

    Args:
        language: One of `roomread.locales.LANGUAGES`; empty for the language of the browser.
    """
    st.session_state[_CHOSEN] = language


def words() -> Translator:
    """Return the translator for the language that the visitor chose, or else the browser's."""
    chosen = (st.session_state.get(_CHOSEN, ""), st.context.cookies.get(_COOKIE, ""))
    return translator(negotiate(chosen, st.context.headers.get("Accept-Language", "")))


def t(message: str, **values: Value) -> str:
    """Return the translation of a message; see `Translator.gettext`."""
    return words().gettext(message, **values)


def tn(singular: str, plural: str, n: int, **values: Value) -> str:
    """Return the translation of a message with a number, `n`; see `Translator.ngettext`."""
    return words().ngettext(singular, plural, n, **values)


def day_and_time(moment: datetime) -> str:
    """Format a day and a time in the visitor's language and the app's time zone."""
    return words().day_and_time(moment)


def day_of(moment: datetime) -> str:
    """Format a day in the visitor's language and the app's time zone."""
    return words().day_of(moment)


def decimal(value: float) -> str:
    """Format a number with one decimal in the visitor's language."""
    return words().decimal(value)


def probability(share: float) -> str:
    """Format a probability, 0..1, as a percentage of at most 99 % in the visitor's language."""
    return core_words.probability(share, words())


def percent(share: float) -> str:
    """Format a fraction, 0..1, as a percentage in the visitor's language."""
    return words().percent(share)


def signed(value: float) -> str:
    """Format a number with its sign and two decimals in the visitor's language."""
    return words().signed(value)
