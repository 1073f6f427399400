"""Describe charts in words, for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from roomread.formats.core_words import expression_name
from roomread.formats.palette import BY_VALENCE
from roomread.formats.svg_plot import PlotArea
from roomread.locales import Translator
from roomread.room import clock


def joined(parts: Sequence[str]) -> str:
    """Join the parts of a description into one sentence."""
    return f"{'; '.join(parts)}."


def during(area: PlotArea, words: Translator) -> str:
    """Return the time span of a chart in words, such as "from 0:00 to 1:30"."""
    return words.gettext("from {start} to {end}", start=clock(area.start), end=clock(area.end))


def value_range(
    what: str, values: NDArray[np.float64], write: Callable[[float], str], words: Translator
) -> str:
    """Return the minimum and the maximum of values in words, or "no figure" if all are NaN.

    Args:
        what: The name of the values, such as "People present", in the language of the reader.
        values: The values, float64 [N].
        write: Formats a value as text.
        words: The translator for the reader's language.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return words.gettext("{what}: no figure", what=what)
    return words.gettext(
        "{what}: between {low} and {high}",
        what=what,
        low=write(float(known.min())),
        high=write(float(known.max())),
    )


def whole(value: float) -> str:
    """Format a number without decimals."""
    return f"{value:.0f}"


def mean_shares(scores: NDArray[np.float64], words: Translator) -> str:
    """Return the mean share of each expression in words, or "no figure" if all are NaN.

    Args:
        scores: The shares, float64 [N, 7], in `Expression`'s order; NaN where there is no value.
        words: The translator for the reader's language.
    """
    what = words.gettext("Shares of the expressions of the readable people")
    known = scores[~np.isnan(scores[:, 0])]
    if not len(known):
        return words.gettext("{what}: no figure", what=what)
    means = known.mean(axis=0)
    listed = [f"{expression_name(e, words)} {words.percent(float(means[e]))}" for e in BY_VALENCE]
    return words.gettext("{what}: on average {values}", what=what, values=", ".join(listed))
