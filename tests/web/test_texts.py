from __future__ import annotations

import pytest

testing = pytest.importorskip("streamlit.testing.v1", reason="needs the app extra")


def page() -> None:
    """Draw texts in the language that the visitor chose."""
    import streamlit as st  # noqa: PLC0415 (Streamlit runs this function alone)

    from roomread.web.texts import choose_language, t, tn  # noqa: PLC0415

    if "asked" in st.session_state:
        choose_language(st.session_state["asked"])
    st.title(t("Watch now"))
    st.text(tn("{n} face", "{n} faces", 1200))


def drawn(asked: str | None) -> tuple[str, str]:
    script = testing.AppTest.from_function(page, default_timeout=120)
    if asked is not None:
        script.session_state["asked"] = asked
    script.run()
    return script.title[0].value, script.text[0].value


def test_texts_are_english_without_a_chosen_or_accepted_language() -> None:
    assert drawn(None) == ("Watch now", "1,200 faces")


def test_texts_and_numbers_are_in_the_chosen_language() -> None:
    title, faces = drawn("de")
    assert title == "Zusehen"
    assert faces.startswith("1.200 ")


def test_empty_choice_of_language_uses_the_language_of_the_browser() -> None:
    assert drawn("") == ("Watch now", "1,200 faces")


def day() -> None:
    """Draw a day, two valences and a number in German."""
    from datetime import UTC, datetime  # noqa: PLC0415 (Streamlit runs this function alone)

    import streamlit as st  # noqa: PLC0415

    from roomread.web.texts import choose_language, day_and_time, decimal, signed  # noqa: PLC0415

    choose_language("de")
    st.title(day_and_time(datetime(2026, 11, 30, 12, 5, tzinfo=UTC)))
    st.text(f"{signed(0.256)} {signed(-0.5)} {decimal(1234.56)}")


def test_dates_and_signed_numbers_are_formatted_for_the_language() -> None:
    script = testing.AppTest.from_function(day, default_timeout=120).run()
    title = script.title[0].value
    assert title.startswith(("30.11.2026", "01.12.2026"))
    assert title.endswith(":05")
    assert script.text[0].value == "+0,26 -0,50 1.234,6"
