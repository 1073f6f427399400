"""The texts of the pages in the visitor's language, from the catalogues of `roomread.locales`."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from roomread.formats import core_words
from roomread.locales import Translator, Value, negotiate, translator

# The pages that run in the browser keep the language that was chosen there in this cookie.
_COOKIE = "roomread_lang"
_CHOSEN = "language"


def choose_language(language: str) -> None:
    """Set the language of this visit.

    Args:
        language: One of `roomread.locales.LANGUAGES`; empty for that of the browser.
    """
    st.session_state[_CHOSEN] = language


def words() -> Translator:
    """Return the texts in the visitor's language: the one chosen, or else that of the browser."""
    chosen = (st.session_state.get(_CHOSEN, ""), st.context.cookies.get(_COOKIE, ""))
    return translator(negotiate(chosen, st.context.headers.get("Accept-Language", "")))


def t(message: str, **values: Value) -> str:
    """Return the translation of a message; see `Translator.gettext`."""
    return words().gettext(message, **values)


def tn(singular: str, plural: str, n: int, **values: Value) -> str:
    """Return the translation of a message that counts something; see `Translator.ngettext`."""
    return words().ngettext(singular, plural, n, **values)


def day_and_time(moment: datetime) -> str:
    """Return a day and a time as the visitor's language writes them, in the app's time zone."""
    return words().day_and_time(moment)


def day_of(moment: datetime) -> str:
    """Return a day as the visitor's language writes it, in the app's time zone."""
    return words().day_of(moment)


def decimal(value: float) -> str:
    """Return a number with one decimal, as the visitor's language writes it."""
    return words().decimal(value)


def probability(share: float) -> str:
    """Return a probability as the visitor's language writes it, at most 99 %."""
    return core_words.probability(share, words())


def percent(share: float) -> str:
    """Return a share, 0..1, as the visitor's language writes it."""
    return words().percent(share)


def signed(value: float) -> str:
    """Return a number with its sign and two decimals, as the visitor's language writes it."""
    return words().signed(value)
