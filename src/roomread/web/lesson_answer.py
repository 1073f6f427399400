"""The tab of a lesson's page that shows when the valence of the room was lower than before."""

from __future__ import annotations

import streamlit as st

from roomread.formats.answer import answer, named_stretches, not_why
from roomread.formats.figures import SessionFigures
from roomread.room import clock
from roomread.room.stretches import FallenStretch
from roomread.web.messages import bold, plain
from roomread.web.svg import show_svg
from roomread.web.table import show_table
from roomread.web.texts import percent, probability, signed, t, words


def show_answer(
    figures: SessionFigures,
    *,
    chart: str,
    narrow: str,
    expected: int | None,
    said: str | None = None,
) -> None:
    """Draw a one-sentence summary, and a table and a chart of the periods of lower valence.

    Args:
        figures: the results of the lesson: its moods, marks, changes and periods of lower valence.
        chart: the chart of the valence, in which these periods are shaded; empty without moods.
        narrow: the same chart for a narrow screen.
        expected: the number of people who are expected; None if it is unknown.
        said: a sentence that quotes what was said when the largest fall of the valence began; None
            if it is unknown.
    """
    stretches = named_stretches(figures)
    if not stretches:
        st.info(plain(answer(figures, words())))
    else:
        st.warning(f"**{plain(answer(figures, words()))}** {not_why(words())}")
        rows = [_row(each, figures.activity_of(each)) for each in stretches]
        show_table(rows, name=t("When the valence was lower"), key="answer_table")
        st.caption(
            t(
                "Certainty is the share of the time in which the 95 % interval was below the "
                "earlier valence."
            )
        )
    if said is not None:
        st.markdown(plain(said))
    if chart:
        st.markdown(bold(t("Valence of the room")), help=valence_help())
        show_svg(chart, key="answer_valence", narrow=narrow)
    _show_numbers(figures, expected)


def valence_help() -> str:
    """Return the help text of the chart of the valence."""
    return t(
        "The share of pleasant expressions minus the share of unpleasant ones. The band is the "
        "95 % interval, the dashed line what was usual in the ten minutes before. Shaded is where "
        "the valence had fallen, a triangle is a lasting change, a circle an alert."
    )


def _row(stretch: FallenStretch, activity: str) -> dict[str, str]:
    return {
        t("from"): clock(stretch.start),
        t("to"): clock(stretch.end),
        t("long"): clock(stretch.end - stretch.start),
        t("before"): signed(stretch.before),
        t("then"): signed(stretch.during),
        t("lower by"): words().decimal(stretch.depth, "0.00"),
        t("certainty"): probability(stretch.share_below),
        t("activity"): activity or "-",
    }


def _show_numbers(figures: SessionFigures, expected: int | None) -> None:
    whole = figures.summary.whole
    if whole is None:
        return
    present, readable, valence = st.columns(3)
    seen = f"{whole.present:.0f}"
    if expected is not None:
        seen = t("{present} of {expected}", present=seen, expected=expected)
    present.metric(t("People seen, on average"), seen)
    readable.metric(t("of them readable"), percent(whole.coverage))
    if whole.valence is not None:
        valence.metric(t("Valence of the lesson"), signed(whole.valence))
