"""Describe in sentences when the room's valence fell, by how much, and during which activity."""

from __future__ import annotations

from collections.abc import Sequence

from roomread.formats.core_words import probability
from roomread.formats.figures import SessionFigures
from roomread.locales import ENGLISH, Translator
from roomread.room import MIN_PEOPLE, clock
from roomread.room.session import Passage
from roomread.room.stretches import FallenStretch

# Maximum number of stretches that are listed, so that the text stays short.
_MOST = 3
# Passages of a transcript within this time of a fall are quoted, s. The time of the fall itself is
# known only to within 15 s.
_NEAR = 20.0
# Maximum number of characters of a quotation.
_MOST_SAID = 600


def answer(figures: SessionFigures, words: Translator = ENGLISH) -> str:
    """Return the first sentence of a page or report: when, if ever, the room's valence fell.

    Args:
        figures: The values of the lesson, from `session_figures`.
        words: The translator for the reader's language.
    """
    whole = figures.summary.whole
    if whole is None:
        return words.gettext("Nothing was recorded: a mood needs at least three frames.")
    if whole.scores is None:
        return words.gettext("No mood: at no time were {n} people readable.", n=MIN_PEOPLE)
    stretches = named_stretches(figures)
    if not stretches:
        return words.gettext("No lasting fall of the valence was found.")
    times = [
        words.gettext("from {start} to {end}", start=clock(each.start), end=clock(each.end))
        for each in stretches
    ]
    listed = times[-1]
    if len(times) > 1:
        earlier = ", ".join(times[:-1])
        listed = words.gettext("{earlier} and {last}", earlier=earlier, last=times[-1])
    return words.gettext("The class was less positive than before {times}.", times=listed)


def not_why(words: Translator = ENGLISH) -> str:
    """Return the sentence that warns that the times of a fall do not reveal its cause."""
    return words.gettext("That is when it happened, not why.")


def named_stretches(figures: SessionFigures) -> Sequence[FallenStretch]:
    """Return the stretches with the largest falls, at most three, in chronological order."""
    return sorted(figures.stretches[:_MOST], key=lambda stretch: stretch.start)


def said_at_deepest(
    figures: SessionFigures, passages: Sequence[Passage], words: Translator = ENGLISH
) -> str | None:
    """Return one sentence that quotes what was said when the largest fall of the valence began.

    Args:
        figures: The values of the lesson, from `session_figures`.
        passages: The passages of the transcript, earliest first.
        words: The translator for the reader's language.

    Returns:
        The sentence; None if the valence did not fall, or if the transcript has no passage within
        20 s of the start of the fall.
    """
    if not figures.stretches:
        return None
    moment = figures.stretches[0].start
    near = [
        each for each in passages if each.start <= moment + _NEAR and each.end >= moment - _NEAR
    ]
    if not near:
        return None
    said = " ".join(each.text for each in near)
    if len(said) > _MOST_SAID:
        said = f"{said[:_MOST_SAID].rsplit(' ', 1)[0]} …"
    return words.gettext(
        "Said from {start} to {end}, when the deepest fall began: “{said}”",
        start=clock(near[0].start),
        end=clock(near[-1].end),
        said=said,
    )


def describe(stretch: FallenStretch, activity: str, words: Translator = ENGLISH) -> str:
    """Describe one stretch of low valence in a sentence.

    Args:
        stretch: The stretch.
        activity: The name of the activity or slide during the stretch; empty if there is none.
        words: The translator for the reader's language.
    """
    values = {
        "start": clock(stretch.start),
        "end": clock(stretch.end),
        "long": clock(stretch.end - stretch.start),
        "now": words.signed(stretch.during),
        "before": words.signed(stretch.before),
        "share": probability(stretch.share_below, words),
    }
    if activity:
        return words.gettext(
            "{start} to {end} ({long} min), during “{activity}”: valence {now} instead of "
            "{before}, certainly lower in {share} of the time.",
            activity=activity,
            **values,
        )
    return words.gettext(
        "{start} to {end} ({long} min): valence {now} instead of {before}, certainly lower in "
        "{share} of the time.",
        **values,
    )
