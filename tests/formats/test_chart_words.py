from __future__ import annotations

import numpy as np

from roomread.formats.chart_words import during, joined, mean_shares, value_range, whole
from roomread.formats.svg_plot import PlotArea
from roomread.locales import ENGLISH, translator
from roomread.readings import Expression


def test_parts_of_a_description_are_joined_into_one_sentence() -> None:
    assert joined(["valence", "from 0:00 to 1:30"]) == "valence; from 0:00 to 1:30."


def test_time_span_of_a_chart_is_written_in_minutes_and_seconds() -> None:
    assert during(PlotArea(0, 90, 0, 1, 0, 100), ENGLISH) == "from 0:00 to 1:30"


def test_value_range_ignores_nan() -> None:
    values = np.array([np.nan, 3.2, 17.7, np.nan])
    assert value_range("people", values, whole, ENGLISH) == "people: between 3 and 18"


def test_description_of_a_chart_without_values_says_that_there_is_no_figure() -> None:
    nothing = np.full(3, np.nan)
    assert value_range("people", nothing, whole, ENGLISH) == "people: no figure"
    assert value_range("people", np.zeros(0), whole, ENGLISH) == "people: no figure"
    assert mean_shares(np.full((2, 7), np.nan), ENGLISH).endswith(": no figure")


def test_mean_shares_name_every_expression_in_the_language_of_the_reader() -> None:
    scores = np.full((3, 7), np.nan)
    scores[0], scores[2] = np.eye(7)[Expression.HAPPY], np.eye(7)[Expression.SAD]
    text = mean_shares(scores, ENGLISH)
    assert "on average " in text
    assert "happy 50%" in text
    assert "sad 50%" in text
    assert text.count("0%") == 7
    german = mean_shares(scores, translator("de"))
    assert german.count("50\u00a0%") == 2
    assert "happy" not in german
